import { Key0Error } from '@key0/core'
import { expect, test } from 'vitest'
import { dumpSchema } from '../test/dumpSchema.ts'
import { createDatabases } from '../test/freshDatabase.ts'
import { open } from '../test/scenes.ts'
import { schemaNumber } from './migrations.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const databases = await createDatabases()

/** The error of a call, with its facts. */
async function refusal(call: Promise<unknown>): Promise<Key0Error> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (Key0Error.is(error)) return error
  throw new Error(`An error of Key0 was expected, not ${error}.`)
}

test('the migrations, run in order, build exactly schema.sql', async () => {
  const { sql } = await databases.fresh()
  await new PostgresChallengeStore({ sql }).get('nobody')
  await expect(await dumpSchema(sql)).toMatchFileSnapshot('../schema.sql')
})

test('ten gateways that start at once make one schema, and all work', async () => {
  const { sql, another } = await databases.fresh({ max: 1 })
  const stores = [sql, ...Array.from({ length: 9 }, another)].map(
    (each) => new PostgresChallengeStore({ sql: each }),
  )
  const scenes = await Promise.all(stores.map((store) => open(store)))
  for (const { id } of scenes) expect((await stores[0]?.get(id))?.challengeId).toBe(id)
  const ledger = await sql`select number, needs from key0_migrations order by number`
  expect(ledger.map(({ number }) => number)).toEqual(
    Array.from({ length: schemaNumber }, (_, index) => index + 1),
  )
})

test('migrating again changes nothing, and needs no right to change the schema', async () => {
  const { sql, another } = await databases.fresh()
  await new PostgresChallengeStore({ sql }).get('nobody')
  const before = await dumpSchema(sql)
  const other = another()
  await sql`create role key0_reader_only`.catch(() => {})
  await sql`grant usage on schema public to key0_reader_only`
  await sql`grant select on all tables in schema public to key0_reader_only`
  await other.reserve().then(async (alone) => {
    await alone`set role key0_reader_only`
    const store = new PostgresChallengeStore({ sql: alone })
    expect(await store.get('nobody')).toBeUndefined()
    await alone`reset role`
    alone.release()
  })
  expect(await dumpSchema(sql)).toBe(before)
})

test('without autoMigrate an empty database is refused, and stays empty', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql, autoMigrate: false })
  const error = await refusal(store.get('nobody'))
  expect(error.code).toBe('CONFIG_INVALID')
  expect(error.facts.field).toBe('autoMigrate')
  expect(await dumpSchema(sql)).toBe('\n')
  await new PostgresChallengeStore({ sql }).get('nobody')
  expect(await store.get('nobody')).toBeUndefined()
})

test('a schema that a newer release has changed beyond this one is refused', async () => {
  const { sql } = await databases.fresh()
  await new PostgresChallengeStore({ sql }).get('nobody')
  await sql`insert into key0_migrations (number, needs) values (${schemaNumber + 1}, 1)`
  expect(await new PostgresChallengeStore({ sql }).get('nobody')).toBeUndefined()
  await sql`insert into key0_migrations (number, needs) values (${schemaNumber + 2}, ${schemaNumber + 2})`
  const error = await refusal(new PostgresChallengeStore({ sql }).get('nobody'))
  expect(error.code).toBe('CONFIG_INVALID')
  expect(error.facts.expected).toContain('upgrade Key0')
})

test('a step that fails leaves nothing behind', async () => {
  const { sql } = await databases.fresh()
  await sql`create table key0_acks (mine text)`
  const error = await refusal(new PostgresChallengeStore({ sql }).get('nobody'))
  expect(error.code).toBe('STORE_UNAVAILABLE')
  expect(await dumpSchema(sql)).toBe('create table key0_acks (\n  mine text\n);\n')
})

test('two shops in one database know nothing of each other', async () => {
  const { sql } = await databases.fresh()
  const [one, other] = ['shop_one_', 'shop_two_'].map(
    (tablePrefix) => new PostgresChallengeStore({ sql, tablePrefix }),
  ) as [PostgresChallengeStore, PostgresChallengeStore]
  const { id } = await open(one)
  expect((await one.get(id))?.challengeId).toBe(id)
  expect(await other.get(id)).toBeUndefined()
  expect(await other.events(0, 10)).toEqual([])
})

test.each(['', 'Key0_', 'a b', '1st_', 'x'.repeat(25), 'a;drop table x;', 'ü'])(
  'the table prefix %j is refused before anything is asked',
  async (tablePrefix) => {
    const sql = () => Promise.reject(new Error('asked'))
    expect(() => new PostgresChallengeStore({ sql, tablePrefix })).toThrow('tablePrefix')
  },
)

test('what is no client, or no retention, is named', () => {
  const sql = () => Promise.resolve([])
  expect(() => new PostgresChallengeStore({ sql: 'postgres://…' as never })).toThrow('sql')
  const retention = { recordTTLSeconds: Number.NaN }
  expect(() => new PostgresChallengeStore({ sql, retention })).toThrow('recordTTLSeconds')
})

test('after a start that failed the next call tries again', async () => {
  const { sql } = await databases.fresh()
  let isDown = true
  const flaky = (strings: TemplateStringsArray, ...values: readonly (string | null)[]) =>
    isDown ? Promise.reject(new Error('connection refused')) : sql(strings, ...values)
  const store = new PostgresChallengeStore({ sql: flaky })
  expect((await refusal(store.get('nobody'))).code).toBe('STORE_UNAVAILABLE')
  isDown = false
  expect(await store.get('nobody')).toBeUndefined()
})

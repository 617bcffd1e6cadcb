import { readFileSync } from 'node:fs'
import type { ChallengeRecord, Outcome } from '@key0/core'
import type { Sql } from 'postgres'
import { expect, test } from 'vitest'
import { dumpSchema } from '../test/dumpSchema.ts'
import { createDatabases } from '../test/freshDatabase.ts'
import { imagine } from '../test/scenes.ts'
import { schemaNumber } from './migrations.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'
import { decodeOutcome, type EncodedOutcome, encodeBase, encodeFields, toArray } from './values.ts'

const databases = await createDatabases()

/** What release 1 ran, to the letter. */
const release1 = readFileSync(new URL('../test/schema1.sql', import.meta.url), 'utf8')
const keep = '{604800000,604800000,43200000}'

/** The calls of a gateway of release 1, over prepared statements that it keeps. */
function createGateway1(sql: Sql) {
  const read = async (rows: PromiseLike<readonly object[]>): Promise<Outcome> => {
    const [row] = (await rows) as readonly { readonly answer: string }[]
    return decodeOutcome(JSON.parse(row?.answer ?? '') as EncodedOutcome)
  }
  return {
    async sell(): Promise<ChallengeRecord> {
      const { id, minted, payment } = imagine()
      await read(sql`select key0_create(${encodeBase(minted.base)}, ${'c'}, ${'key0'}, ${null},
        ${null}, ${keep}) as answer`)
      const { json, names } = encodeFields({ ...payment.paid(), paymentRef: payment.paymentRef })
      const outcome = await read(sql`select key0_settle(${id}, ${payment.paymentRef}, ${json},
        ${toArray(names)}, ${'s'}, ${'key0'}, ${null}, ${null}, ${keep}) as answer`)
      if (outcome.kind !== 'applied') throw new Error(`The sale was ${outcome.kind}.`)
      return outcome.record
    },
    async hold(id: string): Promise<Outcome> {
      const { json, names } = encodeFields({ held: 'for review' })
      return read(sql`select key0_transition(${id}, ${'PAID'}, ${'PAID'}, ${json},
        ${toArray(names)}, ${null}, ${'h'}, ${'key0'}, ${null}, ${null}, ${keep}) as answer`)
    },
  }
}

test('a database of release 1 keeps its sales, and its gateways go on selling beside new ones', async () => {
  const { sql, another } = await databases.fresh()
  await sql.unsafe(release1)
  const old = createGateway1(another())
  const before = [await old.sell(), await old.sell()]
  const store = new PostgresChallengeStore({ sql: another() })

  for (const record of before) expect(await store.get(record.challengeId)).toEqual(record)
  const beaten = await store.beat({ beatId: 'upgraded', quietMs: 60_000 })
  expect(beaten).toMatchObject({ deploymentId: 'upgraded', highestEvent: 4 })

  const after = await old.sell()
  expect(await store.get(after.challengeId)).toEqual(after)
  const releasedAt = new Date(Date.UTC(2026, 10, 21))
  const fields = { held: 'nobody knows', releasedAt }
  const [first] = before
  const id = first?.challengeId ?? ''
  await store.transition({ id, from: 'PAID', to: 'PAID', key: 'release', fields })
  // A gateway that does not know a field leaves it as it is.
  expect((await old.hold(id)).kind).toBe('applied')
  expect(await store.get(id)).toMatchObject({ held: 'for review', releasedAt })
  expect(await store.history(id)).toHaveLength(4)
})

test('a database of release 1 becomes the very schema that a new one gets', async () => {
  const [upgraded, made] = [await databases.fresh(), await databases.fresh()]
  await upgraded.sql.unsafe(release1)
  for (const { sql } of [upgraded, made]) await new PostgresChallengeStore({ sql }).get('nobody')
  expect(await dumpSchema(upgraded.sql)).toBe(await dumpSchema(made.sql))
})

test('the functions of release 1 sell on the new schema', async () => {
  const { sql } = await databases.fresh()
  await new PostgresChallengeStore({ sql }).get('nobody')
  const functions = release1.slice(release1.lastIndexOf('$key0_step$', release1.length - 60))
  await sql.unsafe(functions.slice('$key0_step$'.length, functions.lastIndexOf('$key0_step$')))
  const { challengeId } = await createGateway1(sql).sell()
  expect((await new PostgresChallengeStore({ sql }).get(challengeId))?.state).toBe('PAID')
})

test('without autoMigrate a database of release 1 is refused by its number, and stays it', async () => {
  const { sql } = await databases.fresh()
  await sql.unsafe(release1)
  const before = await dumpSchema(sql)
  const refused = new PostgresChallengeStore({ sql, autoMigrate: false }).get('nobody')
  await expect(refused).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    facts: {
      field: 'autoMigrate',
      expected: `schema ${schemaNumber}, and there is 1: start once with autoMigrate`,
    },
  })
  expect(await dumpSchema(sql)).toBe(before)
})

test('an upgrade that a long transaction stands in the way of fails, and sales go on', async () => {
  const { sql, another } = await databases.fresh()
  await sql.unsafe(release1)
  const old = createGateway1(sql)
  const blocker = await another().reserve()
  await blocker`begin`
  await blocker`select from key0_challenges limit 1`
  const store = new PostgresChallengeStore({ sql: another() })
  const failed = store.get('nobody')
  await expect(failed).rejects.toMatchObject({ facts: { sqlState: '55P03' } })
  await old.sell()
  await blocker`commit`
  blocker.release()
  expect(await store.get('nobody')).toBeUndefined()
})

import { Key0Error } from '@key0/core'
import { startPostgres } from '@key0/test-services'
import { expect, test } from 'vitest'
import { connect } from '../test/connect.ts'
import { open } from '../test/scenes.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

test('a server with its own settings is durable and has no problems', async () => {
  await using server = await startPostgres()
  const sql = connect(await server.createDatabase())
  const health = await new PostgresChallengeStore({ sql }).healthCheck()
  expect(health).toEqual({ ok: true, durable: true, problems: [] })
  await sql.end()
})

test('every setting that loses writes is named, with what to set instead', async () => {
  const lax = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }
  await using server = await startPostgres(lax)
  const sql = connect(await server.createDatabase())
  const store = new PostgresChallengeStore({ sql })
  await store.get('nobody')
  await sql`alter table key0_claims set unlogged`
  const { ok, durable, problems } = await store.healthCheck()
  expect({ ok, durable }).toEqual({ ok: true, durable: false })
  expect(problems).toEqual([
    'The last writes may be lost in a crash: set synchronous_commit = on.',
    'A crash of the machine may destroy the database: set fsync = on.',
    'A crash of the machine may tear pages: set full_page_writes = on.',
    'Some tables are emptied by a crash: alter table … set logged.',
  ])
  await sql.end()
})

test('guards that somebody switched off are a problem', async () => {
  await using server = await startPostgres({ default_transaction_isolation: 'serializable' })
  const sql = connect(await server.createDatabase())
  const store = new PostgresChallengeStore({ sql })
  await store.get('nobody')
  await sql`alter table key0_claims disable trigger key0_claims_stay`
  const { problems } = await store.healthCheck()
  expect(problems).toEqual([
    'Guards are switched off (1): alter table … enable trigger all.',
    "Steps that meet fail instead of waiting: set default_transaction_isolation = 'read committed'.",
  ])
  await sql.end()
})

test('a standby is refused, by the health check and by every operation', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  const before = connect(url)
  const { id } = await open(new PostgresChallengeStore({ sql: before }))
  await before.end()
  await server.demote()

  const sql = connect(url)
  const store = new PostgresChallengeStore({ sql })
  const { ok, problems } = await store.healthCheck()
  expect(ok).toBe(false)
  expect(problems[0]).toContain('standby')
  const calls = [
    () => store.get(id),
    () => store.findActiveByRequestId('r', 's'),
    () => store.getClaim('auth:1' as never),
    () => store.findPendingForRefund(new Date(), 1),
    () => store.due(new Date(), 1),
    () => store.history(id),
    () => store.events(0, 1),
    () => store.acked('somebody'),
    () => store.ack('somebody', 1),
    () => store.transition({ id, from: 'PENDING', to: 'CANCELLED', key: 'k' }),
  ]
  for (const call of calls) {
    const error = await call().catch((thrown: unknown) => thrown)
    expect(Key0Error.is(error, 'STORE_UNAVAILABLE') && error.facts.sqlState).toBe('25006')
  }
  await sql.end()
})

test('a server that is away is not ok', async () => {
  const sql = connect('postgres://key0@127.0.0.1:1/key0', { connect_timeout: 1 })
  const { ok, durable, problems } = await new PostgresChallengeStore({ sql }).healthCheck()
  expect({ ok, durable }).toEqual({ ok: false, durable: false })
  expect(problems).toEqual([expect.stringMatching(/cannot be used: .*ECONNREFUSED/)])
  await sql.end({ timeout: 0 })
})

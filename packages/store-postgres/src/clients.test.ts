import { type Hash, Key0Error } from '@key0/core'
import postgres, { type Sql as Client } from 'postgres'
import { expect, test } from 'vitest'
import { createDatabases } from '../test/freshDatabase.ts'
import { applied, grantOf, imagine, open, pay, refundOf } from '../test/scenes.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'
import { PostgresSeenTxStore } from './PostgresSeenTxStore.ts'
import type { Sql } from './Sql.ts'

const databases = await createDatabases()

/** Does a bit of everything and reads it back. */
async function live(sql: Sql): Promise<void> {
  const store = new PostgresChallengeStore({ sql })
  const scene = await open(store)
  const { id, payment } = scene
  await applied(store.reserve(id, payment.intent(), { key: 'reserve' }))
  const paid = payment.paid({ intent: payment.intent({ stage: 'PAID' }) })
  await applied(store.settle(id, payment.paymentRef, paid, { key: 'settle' }))
  const record = await store.get(id)
  expect(record?.amountRaw).toBe(scene.minted.base.amountRaw)
  expect(record?.paidAt).toEqual(paid.paidAt)
  expect(record?.intent).toEqual(paid.intent)
  expect((await store.due(new Date(), 10)).map(({ challengeId }) => challengeId)).toEqual([id])
  const cutoff = new Date(Date.now() + 60_000)
  expect((await store.findPendingForRefund(cutoff, 10)).length).toBe(1)
  const fields = { refund: refundOf(scene) }
  await applied(store.transition({ id, from: 'PAID', to: 'REFUND_PENDING', key: 'refund', fields }))
  expect((await store.events(0, 10)).map(({ version }) => version)).toEqual([1, 2, 3, 4])
}

/** A pooler in transaction mode: every statement on whichever connection, which then forgets. */
function pooled(sql: Client): Sql {
  return async (strings, ...values) => {
    const one = await sql.reserve()
    try {
      return await one(strings, ...values)
    } finally {
      await one`discard all`
      one.release()
    }
  }
}

test('it lives behind a pooler that keeps no session', async () => {
  const { sql } = await databases.fresh({ prepare: false })
  await live(pooled(sql))
})

test.each([
  ['that renames columns', { transform: postgres.camel }],
  ['that reads large numbers its own way', { types: { bigint: postgres.BigInt } }],
  ['in a far time zone', { connection: { TimeZone: 'Pacific/Kiritimati' } }],
  ['with other date and number formats', { connection: { DateStyle: 'German' } }],
])('it lives on a client %s', async (_, options) => {
  const { sql } = await databases.fresh(options)
  await live(sql)
})

test('a role that owns nothing runs a gateway, and cannot switch a guard off', async () => {
  const { sql } = await databases.fresh({ max: 1 })
  await new PostgresChallengeStore({ sql }).get('nobody')
  const role = `gateway_${crypto.randomUUID().replaceAll('-', '')}`
  await sql.unsafe(`
    create role ${role};
    grant usage on schema public to ${role};
    grant select, insert, update, delete on all tables in schema public to ${role};
    set role ${role}`)
  await live(sql)
  await expect(sql`alter table key0_claims disable trigger all`).rejects.toThrow('owner')
  await expect(sql`truncate key0_claims`).rejects.toThrow('permission denied')
  await expect(sql`set session_replication_role = replica`).rejects.toThrow('permission denied')
  await sql.unsafe(`reset role; drop owned by ${role}; drop role ${role}`)
})

test('without a clock of its own it goes by the database’s', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  const { id } = await open(store)
  const [row] = await sql<{ at: Date }[]>`select now() as at`
  const updatedAt = (await store.get(id))?.updatedAt.getTime() ?? 0
  expect(Math.abs(updatedAt - (row?.at.getTime() ?? 0))).toBeLessThan(5_000)
})

test('ids that the database cannot keep as they are are refused, and named', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  const { base } = imagine().minted
  const bad = [
    ['requestId', { requestId: 'a\0b' }],
    ['clientAgentId', { clientAgentId: 'half \uD83D' }],
    ['challengeId', { challengeId: 'c'.repeat(2_001) }],
    ['requestId', { requestId: '日'.repeat(667) }],
  ] as const
  for (const [field, overrides] of bad) {
    const error = await store
      .create({ ...base, ...overrides }, { key: 'k' })
      .catch((thrown: unknown) => thrown)
    expect(Key0Error.is(error, 'REQUEST_MALFORMED') && error.facts.field).toBe(field)
  }
  expect(await store.events(0, 10)).toEqual([])
})

test('money moves on whatever a backend or a chain has written into its message', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  const scene = await pay(store)
  const credential = { odd: 'a\0b \uD83D', '\0': ['\0'] }
  const accessGrant = { ...grantOf(scene), credential }
  const move = { id: scene.id, from: 'PAID', to: 'DELIVERED', key: 'd' } as const
  await applied(store.transition({ ...move, fields: { accessGrant, deliveredAt: new Date() } }))
  expect((await store.get(scene.id))?.accessGrant?.credential).toEqual(credential)

  const other = await pay(store)
  const refund = { ...refundOf(other), blockedReason: 'revert: \0\uD83D' }
  const claim = { id: other.id, from: 'PAID', to: 'REFUND_PENDING', key: 'r' } as const
  await applied(store.transition({ ...claim, fields: { refund }, reason: 'odd \0' }))
  const end = { id: other.id, from: 'REFUND_PENDING', to: 'REFUND_FAILED', key: 'f' } as const
  await applied(store.transition({ ...end, fields: { refundError: 'bad \0 byte' } }))
  expect((await store.get(other.id))?.refund).toEqual(refund)
  expect((await store.get(other.id))?.refundError).toBe('bad \uFFFD byte')
})

test('an error of the database tells nothing of what was to be written', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  const { id, payment } = await open(store)
  await sql`alter table key0_challenges add constraint full_up check (version < 2)`
  const error = await store
    .reserve(id, payment.intent(), { key: 'k' })
    .catch((thrown: unknown) => thrown as Error)
  const shown = JSON.stringify([error, { ...(error as Error) }, String((error as Error).cause)])
  expect(Key0Error.is(error, 'STORE_UNAVAILABLE') && error.facts.sqlState).toBe('23514')
  expect(shown).not.toContain(payment.intent().authorization.signature.slice(0, 12))
})

test('an older deployment’s transaction buys nothing a second time', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  const seen = new PostgresSeenTxStore({ sql })
  const { id, payment } = await open(store)
  const spelt = payment.txHash.toUpperCase().replace('0X', '0x') as Hash
  expect(await seen.markUsed(spelt, 'an-older-challenge')).toBe(true)
  const outcome = await store.settle(id, payment.paymentRef, payment.paid(), { key: 's' })
  expect(outcome).toEqual({ kind: 'foreign', owner: 'an-older-challenge' })
})

test('of fifty callers with one transaction exactly one may use it', async () => {
  const { sql, another } = await databases.fresh()
  const [one, other] = [sql, another()].map((each) => new PostgresSeenTxStore({ sql: each }))
  const hash: Hash = `0x${'Ab'.repeat(32)}`
  const told = await Promise.all(
    Array.from({ length: 50 }, (_, i) => (i % 2 ? one : other)?.markUsed(hash, `challenge-${i}`)),
  )
  expect(told.filter(Boolean).length).toBe(1)
  expect(await one?.get(hash.toLowerCase() as Hash)).toBe(`challenge-${told.indexOf(true)}`)
  expect(await one?.get(`0x${'00'.repeat(32)}`)).toBeUndefined()
})

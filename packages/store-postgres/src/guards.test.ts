import { findTransition, type State, states } from '@key0/core'
import type { Sql, TransactionSql } from 'postgres'
import { beforeAll, expect, test } from 'vitest'
import { createDatabases } from '../test/freshDatabase.ts'
import { applied, grantOf, open, pay, refundOf, type Scene } from '../test/scenes.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'
import { PostgresSeenTxStore } from './PostgresSeenTxStore.ts'

const databases = await createDatabases()
let sql: Sql
let store: PostgresChallengeStore

beforeAll(async () => {
  sql = (await databases.fresh()).sql
  store = new PostgresChallengeStore({ sql })
  await store.get('nobody')
})

const erase = ({ id }: Scene) => sql`delete from key0_challenges where id = ${id}`

async function refunding(): Promise<Scene> {
  const scene = await pay(store)
  const fields = { refund: refundOf(scene) }
  await applied(
    store.transition({ id: scene.id, from: 'PAID', to: 'REFUND_PENDING', key: 'r', fields }),
  )
  return scene
}

async function delivered(paymentFinal: boolean): Promise<Scene> {
  const scene = await open(store)
  const { id, payment } = scene
  await applied(
    store.settle(id, payment.paymentRef, payment.paid({ paymentFinal }), { key: 'settle' }),
  )
  const fields = { accessGrant: grantOf(scene), deliveredAt: new Date() }
  await applied(store.transition({ id, from: 'PAID', to: 'DELIVERED', key: 'd', fields }))
  return scene
}

const owing: Readonly<Record<string, () => Promise<Scene>>> = {
  'that is PAID': () => pay(store),
  'that is REFUND_PENDING': refunding,
  'that is REFUND_FAILED': async () => {
    const scene = await refunding()
    const move = { id: scene.id, from: 'REFUND_PENDING', to: 'REFUND_FAILED', key: 'f' } as const
    await applied(store.transition({ ...move, fields: { refundError: 'blocked' } }))
    return scene
  },
  'that is being paid': async () => {
    const scene = await open(store)
    await applied(store.reserve(scene.id, scene.payment.intent(), { key: 'reserve' }))
    return scene
  },
  'that is held': async () => {
    const scene = await open(store)
    const move = { id: scene.id, from: 'PENDING', to: 'CANCELLED', key: 'c' } as const
    await applied(store.transition({ ...move, fields: { held: 'late money' } }))
    return scene
  },
  'that is DELIVERED for a payment that is not final': () => delivered(false),
}

test.each(Object.entries(owing))('no program can delete a challenge %s', async (_, arrange) => {
  const scene = await arrange()
  await expect(erase(scene)).rejects.toThrow('money is owed')
  expect((await store.get(scene.id))?.challengeId).toBe(scene.id)
})

test('cleaning up a hundred years later leaves every challenge in which money is owed', async () => {
  const scenes = await Promise.all(Object.values(owing).map((arrange) => arrange()))
  const settled = [await open(store), await delivered(true)]
  const century = new Date(Date.now() + 36_525 * 86_400_000)
  const removed = await store.purgeDeleted(century)
  expect(removed).toBeGreaterThanOrEqual(settled.length)
  for (const { id } of scenes) expect((await store.get(id))?.challengeId).toBe(id)
  for (const { id } of settled) expect(await store.get(id)).toBeUndefined()
  const trails = await Promise.all(settled.map(({ id }) => store.history(id)))
  expect(trails.map(({ length }) => length)).toEqual([0, 3])
})

test('cleaning up now removes what nobody can read any more, and nothing else', async () => {
  const brief = new PostgresChallengeStore({ sql, retention: { pendingTTLSeconds: 0 } })
  const { id } = await open(store)
  expect(await store.cleanup()).toBe(0)
  expect((await store.get(id))?.challengeId).toBe(id)
  expect(await brief.cleanup()).toBeGreaterThan(0)
  expect(await store.get(id)).toBeUndefined()
})

const moves = states.flatMap((from) =>
  states.filter((to) => to !== from).map((to) => [from, to] as const),
)

test('the database knows the same lifecycle as the table in core', async () => {
  const passed: string[] = []
  for (const [from, to] of moves) {
    await sql
      .begin(async (step) => {
        await plant(step, from)
        await step`update key0_challenges set state = ${to}, version = 2 where id = 'planted'`
        passed.push(`${from} ${to}`)
        throw new Error('back')
      })
      .catch((error: Error) => {
        if (!/^(back|the lifecycle)/.test(error.message)) throw error
      })
  }
  const expected = moves.filter(([from, to]) => findTransition(from, to))
  expect(passed).toEqual(expected.map(([from, to]) => `${from} ${to}`))
})

test('the trail holds no move that the table in core does not have', async () => {
  const passed: string[] = []
  for (const from of [null, ...states])
    for (const to of states)
      await sql
        .begin(async (step) => {
          await step`insert into key0_challenge_audit
            (challenge_id, version, from_state, to_state, key, at, actor, wrote)
            values ('planted', 1, ${from}, ${to}, 'k', now(), 'test', '{}')`
          passed.push(`${from} ${to}`)
          throw new Error('back')
        })
        .catch((error: Error) => {
          if (!/back|audit_lifecycle/.test(error.message)) throw error
        })
  expect(passed).toEqual([
    'null PENDING',
    ...states.flatMap((from) =>
      states.filter((to) => findTransition(from, to)).map((to) => `${from} ${to}`),
    ),
  ])
})

async function plant(step: TransactionSql, state: State): Promise<void> {
  await step`insert into key0_challenges
    (id, request_id, amount_raw, token, chain_id, destination, created_at, expires_at, state,
      updated_at, tx_hash)
    values ('planted', 'planted', 1, '0x', 1, '0x', now(), now(), ${state}, now(), '0x')`
}

test.each([
  ['update key0_challenges set version = version + 2', 'raises the version by one'],
  ["update key0_challenges set held = 'x'", 'raises the version by one'],
  ['update key0_challenges set amount_raw = 1', 'never changes'],
  ["update key0_challenges set destination = '0xdead'", 'never changes'],
  ['delete from key0_claims', 'keeps its claim'],
  ["update key0_claims set challenge_id = 'thief'", 'never changes its owner'],
  ["update key0_challenge_audit set actor = 'nobody'", 'append-only'],
  ['update key0_events set sequence = sequence + 1', 'given once'],
  ['delete from key0_events', 'given once'],
  ['truncate key0_events', 'given once'],
  ['delete from key0_challenge_audit', 'append-only'],
  ['delete from key0_seen_txs', 'stays used'],
  ["update key0_seen_txs set challenge_id = 'thief'", 'stays used'],
  ['truncate key0_challenges', 'never truncated'],
  ['truncate key0_challenge_audit', 'append-only'],
  ['truncate key0_claims', 'for good'],
  ['truncate key0_seen_txs', 'stays used'],
])('no program can: %s', async (statement, reason) => {
  const { id, payment } = await pay(store)
  await new PostgresSeenTxStore({ sql }).markUsed(payment.txHash, id)
  await store.events(0, 1_000)
  const before = await store.events(0, 1_000)
  await expect(sql.unsafe(statement)).rejects.toThrow(reason)
  expect(await store.events(0, 1_000)).toEqual(before)
})

test('a refund that was claimed is never turned into a delivery', async () => {
  const { id } = await refunding()
  const back = ['REFUND_FAILED', 'PAID']
  for (const state of back)
    await sql`update key0_challenges set state = ${state}, version = version + 1 where id = ${id}`
  await expect(
    sql`update key0_challenges set state = 'DELIVERED', version = version + 1 where id = ${id}`,
  ).rejects.toThrow('the money goes back')
})

import type { ChallengeRecord } from '@key0/core'
import { fakeAccounts } from '@key0/core/testing'
import { expect, test } from 'vitest'
import { sellUndelivered, type Undelivered } from '../test/sellUndelivered.ts'
import { runRefunds } from './runRefunds.ts'

/** The store as if these records belonged to another worker. */
function estrange(
  { store }: Pick<Undelivered['world'], 'store'>,
  ids: readonly string[],
  fields: Partial<ChallengeRecord>,
) {
  const change = (record: ChallengeRecord): ChallengeRecord =>
    ids.includes(record.challengeId) ? { ...record, ...fields } : record
  return {
    ...store,
    findPendingForRefund: async (cutoff: Date, limit: number) =>
      (await store.findPendingForRefund(cutoff, limit)).map(change),
    due: async (...given: Parameters<typeof store.due>) => (await store.due(...given)).map(change),
  }
}

test.each([
  ['a retired wallet', { destination: fakeAccounts.stranger }],
  ['another chain', { chainId: 1 }],
])('undelivered payments of %s do not keep the next buyer’s money', async (_, fields) => {
  const { world, ids, read } = await sellUndelivered(6)
  const store = estrange(world, ids.slice(0, 5), fields)
  const results = await runRefunds({ ...world.refunds, store }, { batchSize: 2 })
  expect(results.map(({ challengeId }) => challengeId)).toEqual([ids[5]])
  expect(await read(5)).toMatchObject({ state: 'REFUND_PENDING' })
})

test('refunds that wait for a person do not keep the next buyer’s money', async () => {
  const { world, read } = await sellUndelivered(4)
  world.payout.mood = 'withhold'
  await runRefunds(world.refunds, { batchSize: 2 })
  for (const index of [0, 1]) {
    const { challengeId: id, version } = await read(index)
    const move = { id, from: 'REFUND_PENDING', to: 'REFUND_PENDING', version } as const
    await world.store.transition({ ...move, key: world.newId(), fields: { held: 'by ada' } })
  }
  world.payout.mood = 'submit'
  world.clock.advance(61_000)
  await runRefunds(world.refunds, { batchSize: 2 })
  expect(await read(2)).toMatchObject({ state: 'REFUND_PENDING' })
  expect((await read(2)).refund?.carriers).toHaveLength(1)
})

test('one record that no pass can read does not stop everybody else’s refund', async () => {
  const { world, ids, read } = await sellUndelivered(3)
  world.payout.mood = 'withhold'
  await runRefunds(world.refunds, { batchSize: 1 })
  world.clock.advance(61_000)
  const store = estrange(world, ids.slice(0, 1), { fromAddress: undefined as never })
  await runRefunds({ ...world.refunds, store }, { batchSize: 10 })
  expect(await read(2)).toMatchObject({ state: 'REFUND_PENDING' })
})

test('a refund that fails to go on each time is looked at after the others', async () => {
  const { world, ids } = await sellUndelivered(2)
  world.payout.mood = 'withhold'
  await runRefunds(world.refunds, { batchSize: 2 })
  world.clock.advance(61_000)
  const payout = Object.assign(Object.create(world.payout), {
    findObstacle: async () => {
      throw new Error('boom')
    },
  })
  const seen: (string | undefined)[] = []
  for (let pass = 0; pass < 2; pass += 1) {
    const results = await runRefunds({ ...world.refunds, payout }, { batchSize: 1 })
    seen.push(results[0]?.challengeId)
  }
  expect(new Set(seen)).toEqual(new Set(ids))
})

test('a worker without a wallet’s key neither gives up its refund nor puts it off', async () => {
  const { world, ids, read } = await sellUndelivered(1)
  world.payout.outOfGas = true
  await runRefunds(world.refunds)
  world.clock.advance(61_000)
  const before = await read(0)
  expect(before.state).toBe('REFUND_PENDING')
  const payout = Object.assign(Object.create(world.payout), { canSignFor: () => false })
  const settings = { ...world.refunds.settings, giveUpAfterMs: 0 }
  expect(await runRefunds({ ...world.refunds, payout, settings })).toEqual([])
  expect(await read(0)).toEqual(before)
  world.payout.outOfGas = false
  const results = await runRefunds(world.refunds)
  expect(results.map(({ challengeId }) => challengeId)).toEqual(ids)
  expect((await read(0)).refund?.carriers).toHaveLength(1)
})

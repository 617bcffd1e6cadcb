import type { ChallengeRecord, Payout } from '@key0/core'
import { expect, test } from 'vitest'
import { sellUndelivered } from '../test/sellUndelivered.ts'
import { runBacklog } from './runBacklog.ts'
import { runRefunds } from './runRefunds.ts'

test('a crowd of undelivered payments goes back at once, a batch at a time', async () => {
  const { world, ids, readAll } = await sellUndelivered(7)
  const results = await runBacklog(world.refunds, { batchSize: 3 })
  expect(results.map(({ challengeId }) => challengeId)).toEqual(ids)
  expect(world.payout.batches).toEqual([3, 3, 1])
  expect((await readAll()).map(({ refund }) => refund?.carriers.length)).toEqual(Array(7).fill(1))
})

test('a call of the library takes on one batch', async () => {
  const { world } = await sellUndelivered(3)
  expect(await runRefunds(world.refunds, { batchSize: 2 })).toHaveLength(2)
  expect(world.payout.batches).toEqual([2])
})

test('payments that cannot be claimed now do not keep a worker busy for ever', async () => {
  const { world } = await sellUndelivered(5)
  let tries = 0
  const transition: typeof world.store.transition = async ({ id }) => {
    tries += 1
    return { kind: 'lost', record: (await world.store.get(id)) as ChallengeRecord }
  }
  const store = { ...world.store, transition }
  expect(await runBacklog({ ...world.refunds, store }, { batchSize: 2 })).toEqual([])
  expect(tries).toBe(5)
})

test('a refund whose obstacles cannot be had does not hold up the next payer’s', async () => {
  const { world, ids, readAll } = await sellUndelivered(3)
  let carry = (): void => {}
  const others = new Promise<void>((resolve) => {
    carry = resolve
  })
  let asked = 0
  const payout: Payout = {
    ...world.payout,
    findObstacle: async () => {
      asked += 1
      if (asked === 1) await others
      return undefined
    },
    carryMany: (requests) => {
      carry()
      return world.payout.carryMany?.(requests) ?? []
    },
  }
  const results = await runBacklog({ ...world.refunds, payout }, { batchSize: 10 })
  expect(results).toHaveLength(ids.length)
  expect(world.payout.batches).toEqual([2, 1])
  expect((await readAll()).map(({ refund }) => refund?.carriers.length)).toEqual([1, 1, 1])
})

test('a payout that carries one by one is not made to wait', async () => {
  const { world, readAll } = await sellUndelivered(3)
  const { carryMany: _, ...payout } = world.payout
  await runBacklog({ ...world.refunds, payout }, { batchSize: 2 })
  expect(world.payout.batches).toEqual([])
  expect((await readAll()).map(({ refund }) => refund?.carriers.length)).toEqual([1, 1, 1])
})

test('what another worker moved a moment ago is left to it', async () => {
  const { world } = await sellUndelivered(2)
  world.payout.mood = 'fail-before-journal'
  await runRefunds(world.refunds, { batchSize: 2 })
  world.payout.mood = 'submit'
  world.clock.advance(4_000)
  await runRefunds(world.refunds, { batchSize: 2 })
  expect(world.payout.batches).toEqual([2])
  world.clock.advance(61_000)
  await runRefunds(world.refunds, { batchSize: 2 })
  expect(world.payout.batches).toEqual([2, 2])
})

test('a store that fails in the middle ends the work with its error', async () => {
  const { world } = await sellUndelivered(5)
  let asked = 0
  const due: typeof world.store.due = async (...given) => {
    asked += 1
    if (asked > 1) throw new Error('the store is away')
    return await world.store.due(...given)
  }
  const store = { ...world.store, due }
  const running = runBacklog({ ...world.refunds, store }, { batchSize: 2 })
  await expect(running).rejects.toThrow('the store is away')
  expect(world.payout.batches).toEqual([2])
})

test('workers that share a backlog spread over it, and leave nobody out', async () => {
  const { world, readAll } = await sellUndelivered(10)
  const lists: string[][] = []
  const findPendingForRefund: typeof world.store.findPendingForRefund = async (...given) => {
    const found = await world.store.findPendingForRefund(...given)
    lists.push(found.map(({ challengeId }) => challengeId))
    return found
  }
  const store = { ...world.store, findPendingForRefund }
  const results = await runBacklog({ ...world.refunds, store }, { batchSize: 1 })
  const [first, ...others] = results.map(({ challengeId }) => challengeId)
  // The oldest come first; then it is not always the oldest that all workers go for.
  expect([first]).toEqual(lists[0])
  expect(lists.slice(1).flatMap((list) => list.slice(0, 1))).not.toEqual(others)
  expect(new Set([first, ...others]).size).toBe(10)
  expect((await readAll()).map(({ refund }) => refund?.carriers.length)).toEqual(Array(10).fill(1))
})

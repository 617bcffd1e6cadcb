import { expect, test } from 'vitest'
import { operatorScene, order } from '../../test/operatorScene.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { STORE_LOST_WRITES } from '../usecases/closed.ts'
import { findFence } from '../usecases/findFence.ts'
import { lookAfterRestore } from './lookAfterRestore.ts'
import { refundNow } from './refundNow.ts'
import { releaseHeld } from './releaseHeld.ts'

/** One payment is owed, and one arrived that the store forgot; nobody was away for long. */
async function restored() {
  const scene = operatorScene()
  const { world, ctx, sellUndelivered } = scene
  await findFence(ctx)
  const id = await sellUndelivered()
  createBuyer(world).transfer(70_000n)
  for (let minute = 0; minute < 20; minute += 1) {
    world.clock.advance(60_000)
    await ctx.continuity.beat()
  }
  world.ledger.mine(3)
  const look = (query: object) => lookAfterRestore(world.accounting, query)
  return { ...scene, id, look }
}

test('a look tells what the chain knows better and changes no record', async () => {
  const { look, world, read, id } = await restored()
  const before = await world.store.events(0, 1_000)
  const seen = await look({})
  expect(seen).toMatchObject({
    ...{ declaredLoss: false, adopted: [], held: [], toBeHeld: { count: 0, value: 0n } },
    unexplained: [{ value: 70_000n }],
  })
  expect(seen.continuity.break).toBeUndefined()
  expect(await world.store.events(0, 1_000)).toEqual(before)
  expect((await read(id)).held).toBeUndefined()
})

test('a forgotten payment shows that the store is older than the shop: every refund waits for a person', async () => {
  const { look, ctx, pass, read, id, back } = await restored()
  const seen = await look({ apply: true })
  expect(seen).toMatchObject({ declaredLoss: true, adopted: [{ value: 70_000n }] })
  expect(seen.toBeHeld).toEqual({ count: 1, value: 100_000n })
  const unmatched = { reason: 'no record explains this transfer', count: 1, value: 70_000n }
  expect(seen.held).toEqual([unmatched])
  await pass()
  expect((await read(id)).held).toBe(STORE_LOST_WRITES)
  const again = await look({ apply: true })
  expect(again).toMatchObject({ declaredLoss: false, adopted: [], unexplained: [] })
  expect(again.held).toContainEqual({ reason: STORE_LOST_WRITES, count: 1, value: 100_000n })
  await releaseHeld(ctx, id, order)
  await pass(1_000)
  expect(back()).toHaveLength(1)
})

test('a person who knows that it is an older copy is believed, also when no payment is missing', async () => {
  const { look, pass, read, id } = await restored()
  const seen = await look({ apply: true, isRestored: true, fromBlock: 1_000n })
  expect(seen).toMatchObject({ declaredLoss: true, adopted: [], toBeHeld: { count: 1 } })
  await pass()
  expect((await read(id)).held).toBe(STORE_LOST_WRITES)
})

test('blocks that the accounts had passed over are looked at again from where a person says', async () => {
  const { look, world } = await restored()
  await world.store.ack(
    `transfers:${world.chain.chainId}:${world.ledger.token}:${world.accounting.wallets[0]?.payee}`,
    Number(world.ledger.head().number),
  )
  expect((await look({})).unexplained).toEqual([])
  expect((await look({ fromBlock: 1n })).unexplained).toHaveLength(1)
})

test('a forgotten payment that was too young when the loss was noted is found by a later look', async () => {
  const { look, world, clock, ctx } = await restored()
  createBuyer(world).transfer(30_000n)
  world.ledger.mine(3)
  clock.advance(170_000)
  await ctx.continuity.beat()
  const seen = await look({ apply: true, isRestored: true })
  expect(seen.adopted).toMatchObject([{ value: 70_000n }])
  clock.advance(170_000)
  expect((await look({})).unexplained).toMatchObject([{ value: 30_000n }])
})

test('after a loss a refund by hand is that person’s decision and goes out, held before or not', async () => {
  const { look, ctx, clock, pass, read, id, sellUndelivered, back } = await restored()
  const other = await sellUndelivered()
  clock.advance(1_000)
  await look({ apply: true, isRestored: true })
  await refundNow(ctx, other, { ...order, amount: 1n })
  await pass()
  expect((await read(id)).held).toBe(STORE_LOST_WRITES)
  await refundNow(ctx, id, order)
  await pass()
  for (const each of [id, other]) expect((await read(each)).state).toBe('REFUNDED')
  expect(back().map(({ value }) => value)).toEqual([1n, 100_000n])
})

import { expect, test } from 'vitest'
import { operatorScene } from '../../test/operatorScene.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { startProcess } from '../testing/createTestContext.ts'
import { accountForTransfers } from './accountForTransfers.ts'
import { STORE_LOST_WRITES } from './closed.ts'
import { findFence } from './findFence.ts'

/** The deployment was silent for an hour, and somebody paid meanwhile whom no record names. */
async function silentHour() {
  const scene = operatorScene()
  const { world, ctx, sellUndelivered } = scene
  await findFence(ctx)
  const id = await sellUndelivered()
  await findFence(ctx)
  world.clock.advance(1_200_000)
  createBuyer(world).transfer(100_000n)
  world.clock.advance(2_400_000)
  world.ledger.mine(3)
  return { ...scene, id }
}

test('a buyer who was served is not refunded because a gateway was faster to take up what was forgotten', async () => {
  const { world, ctx, id, read, pass, back } = await silentHour()
  const { accounting } = startProcess(world)
  expect((await accountForTransfers(accounting)).adopted).toEqual([])
  await pass(1_000)
  await pass(1_000)
  expect(await read(id)).toMatchObject({ state: 'PAID', held: STORE_LOST_WRITES })
  expect(back()).toEqual([])
  expect((await accountForTransfers(accounting)).adopted).toEqual([])
  await findFence({ ...accounting, settings: ctx.settings })
  expect((await accountForTransfers(accounting)).adopted).toHaveLength(1)
})

test('however old the accounts of a wallet are, a silence is compared with the blocks of its own time', async () => {
  const { world, ctx } = operatorScene()
  await findFence(ctx)
  for (let minute = 0; minute < 60; minute += 1) {
    world.clock.advance(60_000)
    world.ledger.mine(1)
    await ctx.continuity.beat()
  }
  const last = world.ledger.head().number
  world.clock.advance(600_000)
  world.ledger.mine(3)
  const begins: bigint[] = []
  const transfers: typeof ctx.chain.transfers = async (query) => {
    begins.push(query.fromBlock)
    return await ctx.chain.transfers(query)
  }
  const fence = await findFence({ ...ctx, chain: { ...ctx.chain, transfers } })
  expect(fence).toEqual({})
  expect(begins).toEqual([last])
})

test('refunds that wait long because no node tells what a silence hid are not waited for in silence', async () => {
  const { world, ctx, pass, read, id } = await silentHour()
  const transfers = () => Promise.reject(new Error('the range is too wide'))
  const deaf = { ...ctx, chain: { ...ctx.chain, transfers } }
  const alerts = () => world.events.filter(({ name }) => name === 'alert')
  await findFence(deaf)
  expect(alerts()).toEqual([])
  for (let minute = 0; minute < 11; minute += 1) {
    world.clock.advance(60_000)
    await ctx.continuity.beat()
  }
  expect(await findFence(deaf)).toHaveProperty('waitBefore')
  const what = 'refunds wait: what a silence of the store hid could not be read from the chain'
  expect(alerts()).toEqual([{ name: 'alert', what, cause: new Error('the range is too wide') }])
  await pass(1_000)
  await pass(1_000)
  expect(await read(id)).toMatchObject({ held: STORE_LOST_WRITES })
})

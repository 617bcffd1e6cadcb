import { expect, test } from 'vitest'
import { createMemoryStore } from '../memory/createMemoryStore.ts'
import type { SeenTxStore } from '../ports/SeenTxStore.ts'
import { fromSellerPair } from '../seen/fromSellerPair.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext, startProcess, type TestWorld } from '../testing/createTestContext.ts'
import { refundPass } from '../testing/settleDown.ts'
import { createEngine } from './createEngine.ts'
import { recover } from './recover.ts'

/** A seller's pair that claims atomically, and does not keep for whom. */
function createPair() {
  const used = new Set<string>()
  const pair = {
    isUsed: (ref: string) => used.has(ref),
    markUsed: (ref: string) => !used.has(ref) && used.add(ref).size > 0,
  }
  return { used, open: () => fromSellerPair(pair, { observe: () => {} }) }
}

function startWith(world: TestWorld, seenTx: SeenTxStore) {
  const ctx = { ...startProcess(world).ctx, seenTx }
  return { ctx, engine: createEngine(ctx) }
}

async function scene(seenTx: SeenTxStore) {
  const world = createTestContext()
  const { ctx, engine } = startWith(world, seenTx)
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(engine)
  const authorization = buyer.sign(challenge)
  const pay = async (by = engine) => buyer.pay(by, challenge.challengeId, authorization)
  const read = async () => world.store.get(challenge.challengeId)
  return { world, ctx, buyer, challenge, pay, read }
}

test('a payment by exact is no proof for another instance that shares isUsed and markUsed', async () => {
  const { used, open } = createPair()
  const { world, buyer, pay } = await scene(open())
  const other = startWith({ ...world, store: createMemoryStore({ clock: world.clock }) }, open())
  const { challengeId } = await buyer.issue(other.engine)
  expect(codeOf(await pay())).toBe('DELIVERED')
  const txHash = world.ledger.transfers()[0]?.txHash ?? '0x'
  expect([...used]).toEqual([txHash.toLowerCase()])
  expect(codeOf(await buyer.prove(other.engine, challengeId, txHash))).toBe('PAYMENT_SPENT')
  expect([...world.issuer.asked.values()]).toEqual([1])
  expect(codeOf(await pay())).toBe('DELIVERED')
})

test('a payment that was proven elsewhere first buys nothing more, and waits for a person', async () => {
  const theirs = { markUsed: async () => false, get: async () => 'http-another' }
  const { world, ctx, pay, read } = await scene(theirs)
  expect(codeOf(await pay())).toBe('PAYMENT_SPENT')
  expect(await read()).toMatchObject({ state: 'PAID', held: expect.stringMatching(/claimed/) })
  expect(world.events).toContainEqual(expect.objectContaining({ name: 'alert' }))
  for (const _ of [1, 2, 3]) {
    world.clock.advance(301_000)
    world.ledger.mine(3)
    await recover(ctx, { limit: 10 })
    await refundPass(world.refunds)
  }
  // Nothing goes back, so nobody is told that it does.
  expect(codeOf(await pay())).toBe('PAYMENT_SPENT')
  expect(await read()).toMatchObject({ state: 'PAID' })
  expect([world.issuer.asked.size, world.ledger.transfers().length]).toEqual([0, 1])
  expect(await checkInvariants(world)).toEqual([])
})

test('a buyer who meets another process’s claim gets what that process brings', async () => {
  const { open } = createPair()
  const { world, challenge, pay, read } = await scene(open())
  const first = startWith(world, open())
  const second = startWith(world, { markUsed: async () => false, get: async () => undefined })
  // The second finds the claim made, and the first writes the payment down while it waits.
  const sleep = async (ms: number): Promise<void> => {
    await second.ctx.sleep(ms)
    await first.engine.settle({
      challengeId: challenge.challengeId,
      authorization: (await read())?.intent?.authorization as never,
      request: {},
    })
  }
  expect(codeOf(await pay(createEngine({ ...second.ctx, sleep })))).toBe('DELIVERED')
  expect(world.ledger.transfers()).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test('a payment whose claim nobody answers for is waited for, and held in the end', async () => {
  const { world, ctx, pay, read } = await scene({
    markUsed: async () => false,
    get: async () => undefined,
  })
  for (const _ of [1, 2]) expect(codeOf(await pay())).toBe('SETTLEMENT_PENDING')
  world.clock.advance(60_000)
  await recover(ctx, { limit: 10 })
  expect(await read()).toMatchObject({ state: 'PENDING', intent: { stage: 'OPEN' } })
  world.clock.advance(931_000)
  await recover(ctx, { limit: 10 })
  expect(await read()).toMatchObject({ state: 'PAID', held: expect.stringMatching(/claimed/) })
  expect(world.issuer.asked.size).toBe(0)
  expect(await checkInvariants(world)).toEqual([])
})

import { expect, test } from 'vitest'
import { createBuyer } from '../testing/createBuyer.ts'
import { createTestContext, createTestWorld, type TestWorld } from '../testing/createTestContext.ts'
import { refundPass } from '../testing/settleDown.ts'
import { recover } from './recover.ts'

/*
 * How often each path crosses to the store, the chain and the others. A number that grows is a
 * decision, so it is written down here and in docs/round-trips.md. A chain call is one question of
 * the port; the adapter batches what it asks a node.
 */

const ports = ['store', 'chain', 'settler', 'issuer', 'payout'] as const

/** A world whose ports note every call. */
function countedWorld(): { readonly world: TestWorld; readonly take: () => readonly string[] } {
  let calls: string[] = []
  const plain = createTestWorld()
  const count = <port extends object>(name: string, port: port): port =>
    new Proxy(port, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          calls.push(`${name}.${String(property)}`)
          return value.apply(target, args)
        }
      },
    })
  const counted = Object.fromEntries(ports.map((name) => [name, count(name, plain[name])]))
  const take = (): readonly string[] => {
    const taken = calls
    calls = []
    return taken
  }
  return { world: { ...plain, ...counted } as TestWorld, take }
}

test('a price is one write', async () => {
  const { world, take } = countedWorld()
  const { engine, ...rest } = createTestContext({ world })
  await createBuyer({ ...world, ...rest }).issue(engine)
  expect(take()).toEqual(['store.create'])
})

test('a purchase: four writes, one look before and one after', async () => {
  const { world, take } = countedWorld()
  const { engine, ...rest } = createTestContext({ world })
  const buyer = createBuyer({ ...world, ...rest })
  const challenge = await buyer.issue(engine)
  const authorization = buyer.sign(challenge)
  take()
  await buyer.pay(engine, challenge.challengeId, authorization)
  expect(take()).toEqual([
    'store.get',
    'chain.verify',
    'settler.precheck', // a facilitator's /verify; a gas wallet has none
    'store.reserve',
    'settler.submit',
    'store.transition', // the transaction, before it is broadcast
    'chain.observe',
    'store.settle',
    'issuer.issue',
    'store.transition', // the grant and DELIVERED, before it is handed out
  ])
  await buyer.pay(engine, challenge.challengeId, authorization)
  expect(take()).toEqual(['store.get'])
})

test('a refund: four writes; payment and nonce are read from the chain before it is signed', async () => {
  const { world, take } = countedWorld()
  const context = createTestContext({
    world,
    settings: { finality: { payment: 'latest', refund: 'latest' } },
  })
  const buyer = createBuyer({ ...world, ...context })
  world.issuer.next.push('throw')
  const challenge = await buyer.issue(context.engine)
  await buyer.pay(context.engine, challenge.challengeId, buyer.sign(challenge))
  world.clock.advance(300_001)
  take()
  await refundPass(context.refunds, 300_000)
  const calls = take()
  expect(await world.store.get(challenge.challengeId)).toMatchObject({ state: 'REFUNDED' })
  expect(calls.filter((call) => call === 'store.transition')).toHaveLength(4)
  expect(calls).toMatchInlineSnapshot(`
    [
      "store.due",
      "store.beat",
      "store.acked",
      "chain.head",
      "store.ack",
      "store.findPendingForRefund",
      "payout.canSignFor",
      "chain.observe",
      "store.getClaim",
      "chain.head",
      "chain.transfers",
      "payout.refundNonce",
      "store.transition",
      "chain.observe",
      "store.beat",
      "payout.findObstacle",
      "payout.canSignFor",
      "chain.observe",
      "store.getClaim",
      "payout.refundNonce",
      "chain.head",
      "payout.sign",
      "store.transition",
      "payout.carry",
      "store.transition",
      "chain.observe",
      "store.transition",
    ]
  `)
})

test('an idle recovery pass asks once for each state that can be due', async () => {
  const { world, take } = countedWorld()
  const { ctx } = createTestContext({ world })
  await recover(ctx, { limit: 100 })
  expect(take()).toMatchInlineSnapshot(`
    [
      "store.due",
      "store.due",
      "store.due",
      "store.due",
    ]
  `)
})

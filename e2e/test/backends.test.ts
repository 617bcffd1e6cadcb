import type { EngineEvent } from '@key0/core'
import { createMemoryDocuments } from '@key0/core/memory'
import { createDispatcher, createRemoteRevoker, createRemoteTokenIssuer } from '@key0/delivery'
import { createRefunds } from '@key0/refunds'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer } from '../src/createBuyer.ts'
import { type Conduct, startMint } from '../src/startMint.ts'
import { priceOf, startShop } from '../src/startShop.ts'

const TIMEOUT_MS = 150
const MINUTE_MS = 60_000

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

/** A shop whose credentials a backend issues, a buyer, and whoever refunds after `minAgeMs`. */
async function scene(minAgeMs: number) {
  await using stack = new AsyncDisposableStack()
  const mint = stack.use(await startMint(3 * TIMEOUT_MS))
  const shop = stack.use(
    await startShop({
      sandbox,
      store: 'memory',
      tokenIssuer: createRemoteTokenIssuer({
        url: mint.issueUrl,
        timeoutMs: TIMEOUT_MS,
        retries: 1,
        backoff: () => 10,
      }),
    }),
  )
  const buyer = await createBuyer(shop)
  const alerts: EngineEvent[] = []
  const refunds = createRefunds({
    store: shop.store(),
    chain: shop.key0().chain,
    walletPrivateKey: shop.seller.privateKey,
    clock: shop.clock,
    minAgeMs,
    revoker: createRemoteRevoker({ url: mint.revokeUrl, sleep: async () => {} }),
    observe: (event) => void (isRevocation(event) && alerts.push(event)),
  })
  const dispatcher = stack.use(
    createDispatcher({
      ...{ store: shop.store(), documents: createMemoryDocuments(), clock: shop.clock },
      revocations: { url: mint.revokeUrl, timeoutMs: TIMEOUT_MS },
    }),
  )
  await dispatcher.open()
  const owned = stack.move()
  return {
    mint,
    shop,
    buyer,
    refunds,
    dispatcher,
    alerts,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const isRevocation = (event: EngineEvent): boolean =>
  event.name === 'alert' && event.what.includes('may still be good')

type Scene = Awaited<ReturnType<typeof scene>>

/** A buyer who asks every ten minutes, recovery, and passes of refunds. */
async function live({ shop, buyer, refunds, dispatcher }: Scene, header: string, minutes: number) {
  for (let passed = 0; passed < minutes; passed += 10) {
    shop.clock.advance(10 * MINUTE_MS)
    await shop.key0().recover()
    await buyer.pay(header)
    await refunds.run()
    await dispatcher.pass()
  }
}

/** The buyer has the credential and the seller the money, or the other way round. */
async function expectOne(
  { mint, shop, buyer }: Scene,
  end: 'credential' | 'refund',
  header: string,
) {
  const [reply, again] = [await buyer.pay(header), await buyer.pay(header)]
  expect(again.text).toBe(reply.text)
  const paid = await sandbox.transfers({ to: shop.seller.address, from: buyer.address })
  const back = await sandbox.transfers({ from: shop.seller.address, to: buyer.address })
  expect(paid.map(({ value }) => value)).toEqual([priceOf.basic])
  const [record] = await shop.records()
  if (end === 'credential') {
    expect([reply.status, record?.state, back]).toEqual([200, 'DELIVERED', []])
    expect(mint.live()).toEqual([reply.json.accessToken])
    expect(mint.revocations()).toBe(0)
  } else {
    expect([reply.code, record?.state]).toEqual(['CHALLENGE_REFUNDED', 'REFUNDED'])
    expect(back.map(({ value }) => value)).toEqual([priceOf.basic])
    expect(mint.live()).toEqual([])
    expect(shop.exchanges.replies.map(({ text }) => text).join()).not.toContain('token-1')
  }
  expect(await checkBooks(shop)).toEqual([])
}

test.each<readonly [first: Conduct, then: Conduct, end: 'credential' | 'refund']>([
  ['fails', 'fails', 'refund'],
  ['hangs', 'hangs', 'refund'],
  ['hangs up', 'hangs up', 'refund'],
  ['answers garbage', 'answers garbage', 'refund'],
  ['answers late', 'answers late', 'refund'],
  ['answers twice', 'answers twice', 'credential'],
  ['fails', 'issues', 'credential'],
  ['hangs', 'issues', 'credential'],
  ['hangs up', 'issues', 'credential'],
  ['answers late', 'issues', 'credential'],
])('from a backend that %s, then %s, the buyer has one %s', async (first, then, end) => {
  await using world = await scene(20 * MINUTE_MS)
  const { mint, buyer } = world
  mint.behave(first, then)
  const { payment, reply } = await buyer.buy()
  expect(reply.status).toBe(end === 'credential' ? 200 : 502)
  await live(world, payment.header, 40)
  mint.behave('issues')
  await expectOne(world, end, payment.header)
})

test('garbage is an unknown outcome: who asks again before the money goes back is served', async () => {
  await using world = await scene(20 * MINUTE_MS)
  world.mint.behave('answers garbage')
  const { payment, reply } = await world.buyer.buy()
  expect([reply.status, reply.code]).toEqual([502, 'DELIVERY_FAILED'])
  world.mint.behave('issues')
  await live(world, payment.header, 40)
  await expectOne(world, 'credential', payment.header)
})

test('the same request ten times at once is issued for once', async () => {
  await using world = await scene(20 * MINUTE_MS)
  const { buyer } = world
  const { header } = await buyer.sign(await buyer.offered())
  const replies = await Promise.all(Array.from({ length: 10 }, () => buyer.pay(header)))
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
  expect(world.mint.asked()).toBe(1)
  await expectOne(world, 'credential', header)
})

test.each([
  ['longer than the grace', 20, 'refund'],
  ['shorter than the grace', 90, 'credential'],
] as const)('a backend is down an hour, %s', async (_, graceMinutes, end) => {
  await using world = await scene(graceMinutes * MINUTE_MS)
  world.mint.behave('is down')
  const { payment } = await world.buyer.buy()
  await live(world, payment.header, 60)
  world.mint.behave('issues')
  await live(world, payment.header, 60)
  await expectOne(world, end, payment.header)
  // It could not be told to revoke either, and whoever runs the shop hears of that.
  expect(world.alerts).toHaveLength(end === 'refund' ? 1 : 0)
})

test('a backend that issued and went down withdraws once it is back: the money did not wait', async () => {
  await using world = await scene(20 * MINUTE_MS)
  const { mint, shop, buyer, alerts } = world
  mint.behave('hangs up', 'hangs up', 'is down')
  const { payment } = await buyer.buy()
  await live(world, payment.header, 60)
  const [record] = await shop.records()
  expect(record?.state).toBe('REFUNDED')
  expect(mint.live()).toEqual(['token-1'])
  expect(alerts).toMatchObject([{ challengeId: record?.challengeId }])
  mint.behave('issues')
  await live(world, payment.header, 60)
  expect(mint.revocations()).toBe(1)
  await expectOne(world, 'refund', payment.header)
})

test('a backend that never revokes keeps no buyer from his money', async () => {
  await using world = await scene(20 * MINUTE_MS)
  const { mint, shop, buyer } = world
  mint.behave('hangs up', 'hangs up', 'revokes nothing')
  const { payment } = await buyer.buy()
  await live(world, payment.header, 60)
  expect((await shop.records()).map(({ state }) => state)).toEqual(['REFUNDED'])
  // What it kept is in no buyer's hands.
  expect((await buyer.pay(payment.header)).code).toBe('CHALLENGE_REFUNDED')
  expect(shop.exchanges.replies.map(({ text }) => text).join()).not.toContain('token-1')
  expect(await checkBooks(shop)).toEqual([])
})

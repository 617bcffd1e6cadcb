import { expect, test } from 'vitest'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { createEngine } from './createEngine.ts'

const requestId = 'request-0123456789'
const ask = { planId: 'basic', clientAgentId: 'x402-http', requestId }

test('puts the catalogue price, the seller and a deadline on a request', async () => {
  const { engine, clock, ctx } = createTestContext()
  const challenge = await engine.issue({ ...ask, resourceId: 'reports/daily' })
  expect(challenge).toMatchObject({
    state: 'PENDING',
    amount: '$0.10',
    amountRaw: 100_000n,
    destination: ctx.settings.payTo,
    resourceId: 'reports/daily',
    requestId,
  })
  expect(challenge.challengeId).toMatch(/^http-[0-9a-f]{32}$/)
  expect(challenge.expiresAt.getTime()).toBe(clock.nowMs() + 900_000)
  expect(engine.offerOf(challenge)).toEqual({
    chainId: 84_532,
    token: challenge.token,
    payTo: challenge.destination,
    value: 100_000n,
    maxTimeoutSeconds: 600,
  })
})

test('the same request id gets the same challenge, in its own scope only', async () => {
  const { engine } = createTestContext()
  const first = await engine.issue(ask)
  expect((await engine.issue(ask)).challengeId).toBe(first.challengeId)
  const other = await engine.issue({ ...ask, clientAgentId: 'agent://other' })
  expect(other.challengeId).not.toBe(first.challengeId)
})

test('a request without an id gets a challenge of its own each time', async () => {
  const { engine } = createTestContext()
  const plain = { planId: 'basic', clientAgentId: 'x402-http' }
  const [a, b] = [await engine.issue(plain), await engine.issue(plain)]
  expect(a.challengeId).not.toBe(b.challengeId)
  expect(a.requestId).not.toBe(b.requestId)
})

test.each([
  ['a short id', { requestId: 'short' }, 'REQUEST_MALFORMED'],
  ['a path as id', { requestId: '../../0123456789abc' }, 'REQUEST_MALFORMED'],
  ['an id of 129', { requestId: 'a'.repeat(129) }, 'REQUEST_MALFORMED'],
  ['a line break in the resource', { resourceId: 'a\nb' }, 'REQUEST_MALFORMED'],
  ['an empty resource', { resourceId: '' }, 'REQUEST_MALFORMED'],
  ['an unknown plan', { planId: 'gold' }, 'PLAN_UNKNOWN'],
])('refuses %s', async (_, part, code) => {
  const { engine } = createTestContext()
  await expect(engine.issue({ ...ask, ...part })).rejects.toMatchObject({ code })
})

test('the same id for another plan or resource is a conflict', async () => {
  const { engine } = createTestContext()
  await engine.issue(ask)
  for (const part of [{ planId: 'plus' }, { resourceId: 'other' }])
    await expect(engine.issue({ ...ask, ...part })).rejects.toMatchObject({
      code: 'REQUEST_CONFLICT',
    })
})

test('an expired or cancelled challenge makes room for a new one', async () => {
  const world = createTestContext()
  const first = await world.engine.issue(ask)
  world.clock.advance(900_000)
  const second = await world.engine.issue(ask)
  expect(second.challengeId).not.toBe(first.challengeId)
  await world.engine.cancel(second.challengeId)
  expect((await world.engine.issue(ask)).challengeId).not.toBe(second.challengeId)
})

test('while an authorization may be live the buyer is told to wait, not to sign', async () => {
  const world = createTestContext()
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine, requestId)
  world.settler.mood = 'withhold'
  const answer = await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  expect(codeOf(answer)).toBe('SETTLEMENT_PENDING')
  await expect(world.engine.issue(ask)).rejects.toMatchObject({ code: 'SETTLEMENT_PENDING' })
})

test('a bought request is offered again, a refunded one is not', async () => {
  const world = createTestContext()
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine, requestId)
  await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  expect(await world.engine.issue(ask)).toMatchObject({
    challengeId: challenge.challengeId,
    state: 'DELIVERED',
  })
})

test('a store that fails is a named error that says ask again', async () => {
  const world = createTestContext()
  const store = { ...world.store, create: () => Promise.reject(new Error('disk full')) }
  const broken = createTestContext({ world: { store } })
  await expect(broken.engine.issue(ask)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    retry: 'later',
  })
})

test('while the seller sells nothing, only what was offered before is answered', async () => {
  const world = createTestContext()
  let sells = true
  const engine = createEngine({ ...world.ctx, isSelling: () => sells })
  const buyer = createBuyer(world)
  const offered = await engine.issue(ask)
  sells = false
  await expect(engine.issue({ ...ask, requestId: 'request-9876543210' })).rejects.toThrow(
    expect.objectContaining({ code: 'SELLING_PAUSED' }),
  )
  expect((await engine.issue(ask)).challengeId).toBe(offered.challengeId)
  const paid = await buyer.pay(engine, offered.challengeId, buyer.sign(offered))
  expect(paid.kind).toBe('delivered')
  sells = true
  expect((await engine.issue({ ...ask, requestId: 'request-9876543210' })).state).toBe('PENDING')
})

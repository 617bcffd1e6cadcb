import { beforeEach, describe, expect, test } from 'vitest'
import type { SignedAuthorization } from '../challenge/Authorization.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { createEngine } from './createEngine.ts'
import { createOpenCap, type OpenLimits } from './createOpenCap.ts'
import type { AccessRequest, Engine } from './Engine.ts'

const ask: AccessRequest = { planId: 'basic', clientAgentId: 'x402-http' }
const from = (caller: string): AccessRequest => ({ ...ask, caller })
const overloaded = expect.objectContaining({ code: 'OVERLOADED', retry: 'later' })

let world: ReturnType<typeof createTestContext>
let engine: Engine
let asked = 0

function open(limits: OpenLimits): void {
  world = createTestContext()
  asked = 0
  const openCap = createOpenCap(world.clock, limits)
  engine = createEngine({
    ...world.ctx,
    openCap,
    observe: openCap.observe,
    store: {
      ...world.store,
      create(...call) {
        asked += 1
        return world.store.create(...call)
      },
      findActiveByRequestId(...call) {
        asked += 1
        return world.store.findActiveByRequestId(...call)
      },
    },
  })
}

describe('two may be open', () => {
  beforeEach(() => open({ total: 2 }))

  test('a third is refused, and the store is asked nothing', async () => {
    await engine.issue(ask)
    await engine.issue(ask)
    for (let count = 0; count < 100; count += 1)
      await expect(engine.issue(ask)).rejects.toThrow(overloaded)
    expect(asked).toBe(2)
  })

  test('one that was offered is offered again, and may be paid', async () => {
    const named = { ...ask, requestId: 'request-0123456789' }
    const offered = await engine.issue(named)
    await engine.issue(ask)
    expect((await engine.issue(named)).challengeId).toBe(offered.challengeId)
    const buyer = createBuyer(world)
    const paid = await buyer.pay(engine, offered.challengeId, buyer.sign(offered))
    expect(paid.kind).toBe('delivered')
  })

  test('one that is paid makes room', async () => {
    const first = await engine.issue(ask)
    await engine.issue(ask)
    const buyer = createBuyer(world)
    await buyer.pay(engine, first.challengeId, buyer.sign(first))
    expect((await engine.issue(ask)).state).toBe('PENDING')
    await expect(engine.issue(ask)).rejects.toThrow(overloaded)
  })

  test('so does one that is cancelled', async () => {
    const first = await engine.issue(ask)
    await engine.issue(ask)
    await engine.cancel(first.challengeId)
    expect((await engine.issue(ask)).state).toBe('PENDING')
  })

  test('and one whose time is over, whether or not anybody closed it', async () => {
    await engine.issue(ask)
    world.clock.advance(world.ctx.settings.challengeTTLMs / 2)
    await engine.issue(ask)
    world.clock.advance(world.ctx.settings.challengeTTLMs / 2)
    expect((await engine.issue(ask)).state).toBe('PENDING')
    await expect(engine.issue(ask)).rejects.toThrow(overloaded)
  })

  test('a repeat of the same request counts once', async () => {
    const named = { ...ask, requestId: 'request-0123456789' }
    for (let count = 0; count < 5; count += 1) await engine.issue(named)
    expect((await engine.issue(ask)).state).toBe('PENDING')
  })
})

describe('two of one caller, three in all', () => {
  beforeEach(() => open({ total: 3, perCaller: 2 }))

  test('who holds two open is refused, and others are not, until all is full', async () => {
    const first = await engine.issue(from('198.51.100.7'))
    await engine.issue(from('198.51.100.7'))
    await expect(engine.issue(from('198.51.100.7'))).rejects.toThrow(overloaded)
    await engine.issue(from('203.0.113.9'))
    await expect(engine.issue(from('203.0.113.10'))).rejects.toThrow(overloaded)
    await engine.cancel(first.challengeId)
    expect((await engine.issue(from('198.51.100.7'))).state).toBe('PENDING')
  })

  test('who is not known counts in total alone', async () => {
    for (let count = 0; count < 3; count += 1) await engine.issue(ask)
    await expect(engine.issue(ask)).rejects.toThrow(overloaded)
  })
})

describe('a payment with no challenge of its own, while one is open and no more may be', () => {
  beforeEach(() => open({ total: 1 }))
  const named = (authorization: SignedAuthorization): AccessRequest => ({
    ...{ ...ask, requestId: `auth-${authorization.nonce}`, authorization },
  })

  test('is given one when it is good, for three questions more, and makes room for two', async () => {
    const offered = await engine.issue(ask)
    const buyer = createBuyer(world)
    const authorization = buyer.sign(offered)
    asked = 0
    const { challengeId } = await engine.issue(named(authorization))
    expect(asked).toBe(2)
    // As many as may be, and one.
    await expect(engine.issue(ask)).rejects.toThrow(overloaded)
    await buyer.pay(engine, challengeId, authorization)
    expect((await engine.issue(ask)).state).toBe('PENDING')
    await expect(engine.issue(ask)).rejects.toThrow(overloaded)
  })

  test.each([
    ['is forged', { signature: `0x${'11'.repeat(65)}` }],
    ['comes from an empty account', { from: `0x${'ee'.repeat(20)}` }],
    ['pays less', { value: 1n }],
  ] as const)('is told to wait when it %s, and nothing is stored', async (_, spoilt) => {
    const offered = await engine.issue(ask)
    const authorization = createBuyer(world).sign(offered, spoilt)
    asked = 0
    await expect(engine.issue(named(authorization))).rejects.toThrow(overloaded)
    expect(asked).toBe(1)
  })

  test('is told that the chain cannot be asked', async () => {
    const offered = await engine.issue(ask)
    world.chain.unreachable = true
    await expect(engine.issue(named(createBuyer(world).sign(offered)))).rejects.toThrow(
      expect.objectContaining({ code: 'CHAIN_UNREACHABLE' }),
    )
  })

  test('is one of a hundred that one account may have under way', async () => {
    const offered = await engine.issue(ask)
    const buyer = createBuyer(world)
    const sign = (count: number): SignedAuthorization =>
      buyer.sign(offered, { nonce: `0x${`${count}`.padStart(64, '0')}` })
    for (let count = 1; count <= 100; count += 1) await engine.issue(named(sign(count)))
    await expect(engine.issue(named(sign(101)))).rejects.toThrow(overloaded)
    const other = createBuyer(world, fakeAccounts.stranger).sign(offered)
    expect((await engine.issue(named(other))).state).toBe('PENDING')
  })
})

test('what another process offered and this one is paid makes room here, as it does not there', async () => {
  open({ total: 2 })
  const elsewhere = await world.engine.issue(ask)
  await engine.issue(from('203.0.113.9'))
  await engine.issue(from('198.51.100.7'))
  const buyer = createBuyer(world)
  await buyer.pay(engine, elsewhere.challengeId, buyer.sign(elsewhere))
  expect((await engine.issue(ask)).state).toBe('PENDING')
  await expect(engine.issue(ask)).rejects.toThrow(overloaded)
})

test('two payments under way at once close their own offers, and not each other', async () => {
  open({ total: 4 })
  const buyer = createBuyer(world)
  const offers = [await engine.issue(ask), await engine.issue(ask)]
  const payments = offers.map((each) => buyer.sign(each))
  const made = await Promise.all(
    payments.map((authorization, index) =>
      engine.issue({ ...ask, authorization, requestId: `name-of-a-purchase-${index}` }),
    ),
  )
  for (const [index, { challengeId }] of made.entries())
    await buyer.pay(engine, challengeId, payments[index] as SignedAuthorization)
  for (let count = 0; count < 4; count += 1) await engine.issue(ask)
  await expect(engine.issue(ask)).rejects.toThrow(overloaded)
})

test('a payment under a name closes the offer it took, whoever presents it', async () => {
  open({ total: 9, perCaller: 1 })
  const [asks, pays] = [from('198.51.100.7'), from('203.0.113.9')]
  const offered = await engine.issue(asks)
  await engine.issue(pays)
  const buyer = createBuyer(world)
  const authorization = buyer.sign(offered)
  const named = { ...pays, requestId: 'name-of-a-purchase', authorization }
  const { challenge } = await engine.offerAs(offered, named)
  await buyer.pay(engine, challenge.challengeId, authorization)
  expect((await engine.issue(asks)).state).toBe('PENDING')
  await expect(engine.issue(pays)).rejects.toThrow(overloaded)
})

test('a payment that names no offer closes the newest of its caller’s, which it was made for', async () => {
  open({ total: 4, perCaller: 2 })
  const by = from('203.0.113.9')
  await engine.issue(by)
  world.clock.advance(world.ctx.settings.challengeTTLMs / 2)
  world.ledger.mine(1)
  await engine.issue(by)
  await engine.issue(from('198.51.100.7'))
  const buyer = createBuyer(world)
  const authorization = buyer.sign(await world.engine.issue(ask))
  const paying = { ...by, requestId: 'name-of-a-purchase', authorization }
  const { challengeId } = await engine.issue(paying)
  await buyer.pay(engine, challengeId, authorization)
  // The older one of this caller's is left, and ends when it would have.
  await engine.issue(by)
  await expect(engine.issue(by)).rejects.toThrow(overloaded)
  world.clock.advance(world.ctx.settings.challengeTTLMs / 2)
  expect((await engine.issue(by)).state).toBe('PENDING')
})

test.each([0, -1, 1.5, Number.NaN])('%s is no limit', (total) => {
  expect(() => createOpenCap(world.clock, { total })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  )
})

import { describe, expect, test } from 'vitest'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createFakeIssuer } from '../testing/createFakeIssuer.ts'
import { createTestContext, startProcess } from '../testing/createTestContext.ts'
import { refundPass, settleDown } from '../testing/settleDown.ts'
import { createEngine } from './createEngine.ts'
import { recover } from './recover.ts'

async function scene(options: Parameters<typeof createTestContext>[0] = {}) {
  const world = createTestContext(options)
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  const { challengeId } = challenge
  const authorization = buyer.sign(challenge)
  const pay = async (engine = world.engine) => buyer.pay(engine, challengeId, authorization)
  const read = async () => world.store.get(challengeId)
  return { world, buyer, challengeId, authorization, pay, read }
}

test.each(['fail', 'unknown', 'throw'] as const)(
  'an issuer that answers "%s": the buyer is told when the money goes back, and gets it once',
  async (mood) => {
    const { world, buyer, pay, read } = await scene()
    world.issuer.mood = mood
    const answer = await pay()
    expect(answer).toMatchObject({
      code: 'DELIVERY_FAILED',
      error: { facts: { state: 'PAID', refund: 'automatic' } },
    })
    expect(await settleDown(world, () => startProcess(world))).toEqual([])
    expect(await read()).toMatchObject({ state: 'REFUNDED' })
    expect(world.ledger.balanceOf(buyer.account)).toBe(1_000_000n)
    expect(await checkInvariants(world)).toEqual([])
    expect(codeOf(await pay())).toBe('CHALLENGE_REFUNDED')
  },
)

describe('a payment that the seller’s books did not take', () => {
  /** A process whose seller keeps books, and what they were asked to take. */
  function keepBooks(world: Parameters<typeof startProcess>[0]) {
    const taken: (string | undefined)[] = []
    const books = { areDown: true, hang: false }
    const recordSale = async ({ challengeId }: { readonly challengeId: string }) => {
      if (books.hang) return new Promise<void>(() => {})
      if (books.areDown) throw new Error('the books are down')
      taken.push((await world.store.get(challengeId))?.state)
    }
    const { ctx } = startProcess(world)
    return { engine: createEngine({ ...ctx, recordSale }), books, taken }
  }

  test('is not delivered, and goes back', async () => {
    const { world, buyer, pay, read } = await scene()
    const { engine } = keepBooks(world)
    expect(await pay(engine)).toMatchObject({
      code: 'DELIVERY_FAILED',
      error: { facts: { state: 'PAID', refund: 'automatic' } },
    })
    expect(await read()).not.toHaveProperty('accessGrant')
    expect(await settleDown(world, () => startProcess(world))).toEqual([])
    expect(await read()).toMatchObject({ state: 'REFUNDED' })
    expect(world.ledger.balanceOf(buyer.account)).toBe(1_000_000n)
    expect(await checkInvariants(world)).toEqual([])
  })

  test('is delivered to who asks again once they do, and every other one too', async () => {
    const { world, pay } = await scene()
    const { engine, books, taken } = keepBooks(world)
    expect(codeOf(await pay(engine))).toBe('DELIVERY_FAILED')
    books.areDown = false
    expect(codeOf(await pay(engine))).toBe('DELIVERED')
    expect(codeOf(await pay(engine))).toBe('DELIVERED')
    // Before it was delivered, and not again for what was.
    expect(taken).toEqual(['PAID'])
    expect(await checkInvariants(world)).toEqual([])
  })

  test('of a buyer of version 1 is refunded: the same payment opens nothing any more', async () => {
    const { world, buyer, challengeId, authorization, read } = await scene()
    const { engine } = keepBooks(world)
    const payment = { challengeId, authorization, onlyFresh: true, request: {} }
    await expect(engine.pay(payment)).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
    await expect(engine.pay(payment)).rejects.toMatchObject({ code: 'PAYER_PROOF_REQUIRED' })
    expect(await settleDown(world, () => startProcess(world))).toEqual([])
    expect(await read()).toMatchObject({ state: 'REFUNDED' })
    expect(world.ledger.balanceOf(buyer.account)).toBe(1_000_000n)
  })

  test('because they hang keeps nobody waiting for ever', async () => {
    const { world, pay, read } = await scene({
      world: { issuer: createFakeIssuer({ worstCaseMs: 10 }) },
    })
    const { engine, books } = keepBooks(world)
    books.hang = true
    expect(codeOf(await pay(engine))).toBe('DELIVERY_FAILED')
    expect(await read()).toMatchObject({ state: 'PAID' })
  }, 5_000)
})

test('a buyer who asks again before the refund gets the delivery after all', async () => {
  const { world, pay } = await scene()
  world.issuer.next.push('fail')
  expect(codeOf(await pay())).toBe('DELIVERY_FAILED')
  expect(codeOf(await pay())).toBe('DELIVERED')
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(await checkInvariants(world)).toEqual([])
})

test('a backend that never answers does not keep the buyer waiting for ever', async () => {
  const issuer = createFakeIssuer({ worstCaseMs: 10 })
  issuer.mood = 'hang'
  const { world, pay, read } = await scene({ world: { issuer } })
  expect(codeOf(await pay())).toBe('DELIVERY_FAILED')
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(await read()).toMatchObject({ state: 'REFUNDED' })
}, 5_000)

test('a held payment is not delivered, and the issuer is not asked', async () => {
  const { world, challengeId: id, pay, read } = await scene()
  world.issuer.next.push('fail')
  await pay()
  const { version } = await read().then((record) => record ?? { version: 0 })
  const move = { id, from: 'PAID', to: 'PAID', version, key: 'hold' } as const
  await world.store.transition({ ...move, fields: { held: 'under review' } })
  expect(codeOf(await pay())).toBe('CHALLENGE_REFUNDING')
  expect([...world.issuer.asked.values()]).toEqual([1])
})

test('a late issuer loses against the refund: the grant is discarded', async () => {
  const { world, pay, read } = await scene()
  world.issuer.meanwhile = async () => {
    world.clock.advance(400_000)
    world.ledger.mine(3)
    await refundPass(world.refunds)
  }
  expect(codeOf(await pay())).toBe('CHALLENGE_REFUNDING')
  expect(world.received).toEqual([])
  world.clock.advance(60_000)
  world.ledger.mine(3)
  await refundPass(world.refunds)
  expect(await read()).toMatchObject({ state: 'REFUNDED' })
  expect(await checkInvariants(world)).toEqual([])
})

test('while somebody delivers, no refund is claimed and a second request waits for the result', async () => {
  const { world, pay } = await scene()
  let second: ReturnType<typeof pay> | undefined
  world.issuer.meanwhile = async () => {
    world.ledger.mine(3)
    await refundPass(world.refunds, 0)
    second ??= pay(startProcess(world).engine)
    await world.clock.sleep(500)
  }
  expect(codeOf(await pay())).toBe('DELIVERED')
  expect(await second).toMatchObject({ kind: 'delivered', delivered: { replayed: true } })
  expect([...world.issuer.asked.values()]).toEqual([1])
})

test('a second request hears of the first one’s failure at once', async () => {
  const { world, pay } = await scene()
  let second: ReturnType<typeof pay> | undefined
  world.issuer.mood = 'fail'
  world.issuer.meanwhile = async () => {
    second ??= pay(startProcess(world).engine)
    await world.clock.sleep(500)
  }
  expect(codeOf(await pay())).toBe('DELIVERY_FAILED')
  expect(await second).toMatchObject({ code: 'DELIVERY_FAILED' })
  expect([...world.issuer.asked.values()]).toEqual([1])
})

test('a request that waited long enough is told that the delivery is under way', async () => {
  const { world, pay } = await scene()
  let second: ReturnType<typeof pay> | undefined
  world.issuer.meanwhile = async () => {
    second ??= pay(startProcess(world).engine)
    await world.clock.sleep(3_000)
  }
  expect(codeOf(await pay())).toBe('DELIVERED')
  expect(await second).toMatchObject({ code: 'DELIVERY_PENDING' })
})

test('a buyer who comes back after a crash is served when the dead process’s lease ends', async () => {
  const { world, challengeId, pay, read } = await scene()
  world.issuer.next.push('fail')
  expect(codeOf(await pay())).toBe('DELIVERY_FAILED')
  const lease = { holder: 'a dead process', untilMs: world.clock.nowMs() + 1_000 }
  const take = { from: 'PAID', to: 'PAID', fields: { lease }, key: 'lease' } as const
  expect(await world.store.transition({ id: challengeId, ...take })).toMatchObject({
    kind: 'applied',
  })
  expect(codeOf(await pay())).toBe('DELIVERED')
  expect(await read()).toMatchObject({ state: 'DELIVERED' })
})

test('a payment that is reorganised away while the issuer works is pending, not "refunding"', async () => {
  const { world, challengeId, pay, read } = await scene()
  world.issuer.meanwhile = async () => {
    world.ledger.reorg(1)
    world.clock.advance(601_000)
    world.ledger.mine(4)
    await recover(world.ctx, { limit: 10 })
  }
  const answer = await pay()
  expect(await read()).toMatchObject({ challengeId, state: 'PENDING' })
  expect(codeOf(answer)).toBe('SETTLEMENT_PENDING')
  expect(world.received).toEqual([])
})

test('the credential, its end and its links reach the grant', async () => {
  const { world, pay } = await scene({
    settings: {
      explorerUrl: (hash) => `https://explorer.example/tx/${hash}`,
      resourceEndpoint: ({ resourceId }) => `https://api.example/${resourceId}`,
    },
  })
  world.issuer.issue = async () => ({
    kind: 'issued',
    credential: {
      accessToken: 'a',
      tokenType: 'ApiKey',
      expiresAt: new Date(0),
      credential: { quota: 5 },
    },
  })
  await pay()
  expect(world.received[0]?.goods).toMatchObject({
    accessToken: 'a',
    tokenType: 'ApiKey',
    expiresAt: '1970-01-01T00:00:00.000Z',
    credential: { quota: 5 },
    explorerUrl: expect.stringContaining('/tx/0x'),
    resourceEndpoint: 'https://api.example/default',
  })
})

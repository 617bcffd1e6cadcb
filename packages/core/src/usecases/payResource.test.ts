import { expect, test } from 'vitest'
import type { Resource } from '../challenge/Resource.ts'
import type { Chain } from '../ports/Chain.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createFakeBackend } from '../testing/createFakeBackend.ts'
import { createTestContext, startProcess } from '../testing/createTestContext.ts'
import { fakeSignature } from '../testing/fakeHash.ts'
import { refundPass, settleDown } from '../testing/settleDown.ts'
import { payerProofMessage } from './payerProof.ts'

const PHOTO: Resource = { method: 'GET', path: '/photos/1', query: 'size=small' }
const digest = (digit: string) => `0x${digit.repeat(64)}` as const

async function scene(
  options: Parameters<typeof createTestContext>[0] = {},
  resource: Resource = PHOTO,
) {
  const world = createTestContext(options)
  const buyer = createBuyer(world)
  const challenge = await buyer.ask(world, resource)
  const authorization = buyer.sign(challenge)
  const pay = async (asked = resource, process: Parameters<typeof buyer.payFor>[0] = world) =>
    buyer.payFor(process, challenge, authorization, asked)
  const read = async () => world.store.get(challenge.challengeId)
  return { world, buyer, challenge, authorization, pay, read }
}

test('a request is offered at its route’s price and bound to what was asked', async () => {
  const { world, challenge, pay, read } = await scene()
  expect(challenge).toMatchObject({
    ...{ planId: 'photo', amount: '$0.10', amountRaw: 100_000n, state: 'PENDING' },
    resource: PHOTO,
  })
  const answer = await pay()
  expect(answer).toMatchObject({
    kind: 'delivered',
    delivered: { replayed: false, response: { status: 200, body: btoa('answer 1 to /photos/1') } },
  })
  expect(await read()).toMatchObject({ state: 'DELIVERED', resource: PHOTO })
  expect(await read()).not.toHaveProperty('accessGrant')
  const [request] = world.backend.requests
  expect(request).toMatchObject({ routeId: 'photo', resource: PHOTO })
  expect(request?.idempotencyKey).toBe((await read())?.paymentRef)
  expect(world.issuer.asked.size).toBe(0)
})

test.each<readonly [field: string, asked: Resource]>([
  ['method', { ...PHOTO, method: 'HEAD' }],
  ['path', { ...PHOTO, path: '/photos/2' }],
  ['query', { ...PHOTO, query: 'size=large' }],
  ['query', { ...PHOTO, query: '' }],
  ['bodyDigest', { ...PHOTO, bodyDigest: digest('1') }],
])(
  'a payment presented with another %s is refused, and nothing is charged',
  async (field, asked) => {
    const { world, pay, read } = await scene()
    expect(await pay(asked)).toMatchObject({
      code: 'REQUEST_CONFLICT',
      error: { facts: { field } },
    })
    expect(await read()).toMatchObject({ state: 'PENDING', version: 1 })
    expect(world.settler.calls).toBe(0)
    expect(codeOf(await pay())).toBe('DELIVERED')
    expect(await pay(asked)).toMatchObject({ code: 'REQUEST_CONFLICT' })
    expect([...world.backend.asked.values()]).toEqual([1])
  },
)

test('the body of a request is bound by its digest', async () => {
  const bought = { method: 'POST', path: '/prints', query: '', bodyDigest: digest('a') }
  const { pay } = await scene({}, bought)
  for (const other of [
    { ...bought, bodyDigest: digest('b') },
    { ...PHOTO, method: 'POST' },
  ])
    expect(codeOf(await pay(other))).toBe('REQUEST_CONFLICT')
  expect(codeOf(await pay(bought))).toBe('DELIVERED')
})

test('a request is not sold as a plan, nor a plan as a request', async () => {
  const { world, buyer, challenge, authorization, read } = await scene()
  const { challengeId } = challenge
  expect(codeOf(await buyer.pay(world.engine, challengeId, authorization))).toBe('REQUEST_CONFLICT')
  const txHash = buyer.transfer(challenge.amountRaw)
  expect(codeOf(await buyer.prove(world.engine, challengeId, txHash))).toBe('REQUEST_CONFLICT')
  expect(await read()).toMatchObject({ state: 'PENDING' })
  const plan = await buyer.issue(world.engine)
  expect(codeOf(await buyer.payFor(world, plan, buyer.sign(plan), PHOTO))).toBe('REQUEST_CONFLICT')
  expect(world.issuer.asked.size + world.backend.asked.size).toBe(0)
})

test('a paid request is not delivered by the door for plans', async () => {
  const { world, challenge, authorization } = await scene()
  const { challengeId } = challenge
  await world.engine.settle({ challengeId, authorization, request: { resource: PHOTO } })
  await expect(world.engine.deliver(challengeId)).rejects.toMatchObject({
    code: 'REQUEST_CONFLICT',
  })
  expect(world.issuer.asked.size).toBe(0)
})

test('the same payment again returns the stored response and asks the backend no more', async () => {
  const { world, buyer, challenge, pay } = await scene()
  await pay()
  world.backend.mood = 'throw'
  world.clock.advance(3_600_000)
  expect(await pay()).toMatchObject({ kind: 'delivered', delivered: { replayed: true } })
  const signedAgain = await buyer.payFor(
    world,
    challenge,
    buyer.sign(challenge, { nonce: digest('9') }),
    PHOTO,
  )
  expect(signedAgain).toMatchObject({ kind: 'delivered', delivered: { replayed: true } })
  expect(new Set(world.received.map(({ goods }) => JSON.stringify(goods))).size).toBe(1)
  expect([...world.backend.asked.values()]).toEqual([1])
  expect(world.ledger.transfers()).toHaveLength(1)
})

test.each([1, 40])(
  'one payment presented 40 times at once to %i processes: one answer',
  async (processes) => {
    const { world, pay } = await scene()
    const started = Array.from({ length: processes }, () => startProcess(world))
    const at = (n: number) => started[n % processes] ?? world
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => pay(PHOTO, at(n))))
    expect(new Set(answers.map(codeOf))).toEqual(new Set(['DELIVERED']))
    expect(new Set(world.received.map(({ goods }) => JSON.stringify(goods))).size).toBe(1)
    expect([...world.backend.asked.values()]).toEqual([1])
    expect(world.ledger.transfers()).toHaveLength(1)
    expect(await checkInvariants(world)).toEqual([])
  },
)

test.each(['fail', 'redirect', 'unknown', 'throw'] as const)(
  'a backend that answers "%s": the buyer is told when the money goes back, and gets it once',
  async (mood) => {
    const { world, buyer, pay, read } = await scene()
    world.backend.mood = mood
    const answer = await pay()
    expect(answer).toMatchObject({
      code: 'DELIVERY_FAILED',
      error: { facts: { state: 'PAID', refund: 'automatic' } },
    })
    expect(await read()).toMatchObject({ state: 'PAID', resource: PHOTO })
    expect(await settleDown(world, () => startProcess(world))).toEqual([])
    expect(await read()).toMatchObject({ state: 'REFUNDED', resource: PHOTO })
    expect(world.ledger.balanceOf(buyer.account)).toBe(1_000_000n)
    expect(await checkInvariants(world)).toEqual([])
    expect(codeOf(await pay())).toBe('CHALLENGE_REFUNDED')
  },
)

test('a refused request says what the backend answered', async () => {
  const { world, pay } = await scene()
  world.backend.mood = 'redirect'
  expect(await pay()).toMatchObject({ error: { facts: { upstreamStatus: '302' } } })
})

test('a buyer who asks again before the refund is answered under the same key', async () => {
  const { world, pay } = await scene()
  world.backend.next.push('unknown', 'fail')
  expect(codeOf(await pay())).toBe('DELIVERY_FAILED')
  expect(codeOf(await pay())).toBe('DELIVERY_FAILED')
  expect(codeOf(await pay())).toBe('DELIVERED')
  expect(new Set(world.backend.requests.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(await checkInvariants(world)).toEqual([])
})

test('a backend that never answers does not keep the buyer waiting for ever', async () => {
  const backend = createFakeBackend({ worstCaseMs: 10 })
  backend.mood = 'hang'
  const { world, pay, read } = await scene({ world: { backend } })
  expect(codeOf(await pay())).toBe('DELIVERY_FAILED')
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(await read()).toMatchObject({ state: 'REFUNDED' })
}, 5_000)

test('while the backend works, no refund is claimed, for as long as it may take', async () => {
  const backend = createFakeBackend({ worstCaseMs: 600_000 })
  const { world, pay, read } = await scene({ world: { backend } })
  backend.meanwhile = async () => {
    world.clock.advance(599_000)
    world.ledger.mine(3)
    await refundPass(world.refunds, 0)
  }
  expect(codeOf(await pay())).toBe('DELIVERED')
  expect(await read()).toMatchObject({ state: 'DELIVERED' })
  expect(await checkInvariants(world)).toEqual([])
})

test('a late backend loses against the refund: its answer is discarded', async () => {
  const { world, pay, read } = await scene()
  world.backend.meanwhile = async () => {
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

test('a stream is delivered at its head, and never a second time', async () => {
  const { world, pay, read } = await scene()
  world.backend.mood = 'stream'
  const first = await pay()
  expect(first).toMatchObject({ kind: 'delivered', delivered: { replayed: false } })
  expect(await read()).toMatchObject({ state: 'DELIVERED', response: { status: 200 } })
  const again = await pay()
  expect(again).toMatchObject({ code: 'RESPONSE_NOT_KEPT', error: { facts: { status: '200' } } })
  expect([...world.backend.asked.values()]).toEqual([1])
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(await checkInvariants(world)).toEqual([])
})

test.each(['stream', 'answer'] as const)(
  'a %s whose delivery was stored and whose reply was lost is still sent',
  async (mood) => {
    const { world, pay, read } = await scene()
    world.backend.mood = mood
    let lost = 0
    const transition: ChallengeStore['transition'] = async (move) => {
      const outcome = await world.store.transition(move)
      if (move.to === 'DELIVERED' && lost++ < 2) throw new Error('the connection was closed')
      return outcome
    }
    const process = startProcess({ ...world, store: { ...world.store, transition } })
    const answer = await pay(PHOTO, process)
    expect(answer).toMatchObject({ kind: 'delivered', delivered: { replayed: false } })
    expect(lost).toBeGreaterThan(1)
    expect(world.events.filter(({ name }) => name === 'challenge.delivered')).toHaveLength(1)
    expect(await read()).toMatchObject({ state: 'DELIVERED', response: { status: 200 } })
    expect(await checkInvariants(world)).toEqual([])
  },
)

test('a delivery that the store never takes is refunded, and its goods stay here', async () => {
  const { world, buyer, pay, read } = await scene()
  const transition: ChallengeStore['transition'] = async (move) => {
    if (move.to === 'DELIVERED') throw new Error('the disk is full')
    return world.store.transition(move)
  }
  const process = startProcess({ ...world, store: { ...world.store, transition } })
  expect(codeOf(await pay(PHOTO, process))).toBe('STORE_UNAVAILABLE')
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(await read()).toMatchObject({ state: 'REFUNDED' })
  expect(world.ledger.balanceOf(buyer.account)).toBe(1_000_000n)
})

test('a repeated version 1 payment never keeps the first from its goods', async () => {
  const { world, challenge, authorization } = await scene()
  const { challengeId } = challenge
  // Version 1 names no challenge: its buyer is not told the id, and a copy has no use of it.
  const payment = { challengeId, authorization, onlyFresh: true, request: { resource: PHOTO } }
  const codes: string[] = []
  const repeat = async (): Promise<void> => {
    const asking = world.engine.payResource(payment, world.backend)
    codes.push(await asking.then(() => 'DELIVERED').catch(({ code }) => code))
  }
  const observe: Chain['observe'] = async (query) => {
    if (codes.length === 0) await repeat()
    return world.chain.observe(query)
  }
  const first = startProcess({ ...world, chain: { ...world.chain, observe } })
  expect(await first.engine.payResource(payment, world.backend)).toMatchObject({ replayed: false })
  expect(codes).toEqual(['PAYER_PROOF_REQUIRED'])
  expect([...world.backend.asked.values()]).toEqual([1])
})

test('a transfer made by the buyer itself buys a request too, and only that one', async () => {
  const { world, buyer, challenge, read } = await scene()
  const txHash = buyer.transfer(challenge.amountRaw)
  const prove = (resource: Resource) => buyer.proveFor(world, challenge, txHash, resource)
  expect(await prove({ ...PHOTO, path: '/photos/2' })).toMatchObject({ code: 'REQUEST_CONFLICT' })
  expect(await read()).toMatchObject({ state: 'PENDING' })
  expect(await prove(PHOTO)).toMatchObject({ kind: 'delivered', delivered: { replayed: false } })
  expect(await prove(PHOTO)).toMatchObject({ kind: 'delivered', delivered: { replayed: true } })
  expect([...world.backend.asked.values()]).toEqual([1])
  expect(await checkInvariants(world)).toEqual([])
})

test('a request id names one request: with another one it is a conflict', async () => {
  const { world, buyer } = await scene()
  const requestId = 'request-0123456789'
  const first = await buyer.ask(world, PHOTO, requestId)
  expect((await buyer.ask(world, PHOTO, requestId)).challengeId).toBe(first.challengeId)
  await expect(buyer.ask(world, { ...PHOTO, query: '' }, requestId)).rejects.toMatchObject({
    code: 'REQUEST_CONFLICT',
    facts: { field: 'query' },
  })
})

test('a proof presented at the wrong address still buys at the right one', async () => {
  const { world, buyer, challenge } = await scene()
  const txHash = buyer.transfer(100_000n)
  world.ledger.mine(3)
  const prove = (asked: Resource) => buyer.proveFor(world, challenge, txHash, asked)
  expect(codeOf(await prove({ ...PHOTO, path: '/photos/2' }))).toBe('REQUEST_CONFLICT')
  expect(codeOf(await prove(PHOTO))).toBe('DELIVERED')
  expect(await checkInvariants(world)).toEqual([])
})

test('a proof for a cheap route buys nothing of a dear one at the same address', async () => {
  const { world, buyer, challenge } = await scene()
  const { challengeId } = challenge
  const txHash = buyer.transfer(100_000n)
  const payerSignature = fakeSignature(buyer.account, payerProofMessage(challengeId, txHash))
  const prove = (planId: string) =>
    world.engine.proveResource(
      { challengeId, txHash, payerSignature, request: { planId, resource: PHOTO } },
      world.backend,
    )
  await expect(prove('photo-hd')).rejects.toMatchObject({
    code: 'REQUEST_CONFLICT',
    facts: { field: 'planId' },
  })
  expect(world.backend.requests).toEqual([])
  expect(await prove('photo')).toMatchObject({ replayed: false })
  // What is bought is not had again as something dearer either.
  await expect(prove('photo-hd')).rejects.toMatchObject({ code: 'REQUEST_CONFLICT' })
  expect([...world.backend.asked.values()]).toEqual([1])
})

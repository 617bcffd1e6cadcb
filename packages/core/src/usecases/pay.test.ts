import { expect, test } from 'vitest'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext, startProcess } from '../testing/createTestContext.ts'
import { fakeAccounts } from '../testing/mint.ts'

function scene(options: Parameters<typeof createTestContext>[0] = {}) {
  const world = createTestContext(options)
  return { world, buyer: createBuyer(world), stranger: createBuyer(world, fakeAccounts.stranger) }
}

test('a payment is settled, delivered, and on the books', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const answer = await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  expect(answer).toMatchObject({
    kind: 'delivered',
    delivered: {
      replayed: false,
      challenge: { state: 'DELIVERED', fromAddress: buyer.account },
      grant: { type: 'AccessGrant', accessToken: 'token-1', challengeId: challenge.challengeId },
    },
  })
  const names = world.events.map(({ name }) => name)
  expect(names).toEqual(['challenge.created', 'challenge.paid', 'challenge.delivered'])
  expect(await checkInvariants(world)).toEqual([])
})

test('the same payload again returns the same grant and issues once', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const authorization = buyer.sign(challenge)
  const first = await buyer.pay(world.engine, challenge.challengeId, authorization)
  world.clock.advance(3_600_000)
  const again = await buyer.pay(world.engine, challenge.challengeId, authorization)
  expect([codeOf(first), codeOf(again)]).toEqual(['DELIVERED', 'DELIVERED'])
  expect(again).toMatchObject({ delivered: { replayed: true } })
  expect(world.received[1]?.goods).toEqual(world.received[0]?.goods)
  expect([...world.issuer.asked.values()]).toEqual([1])
  expect(world.ledger.transfers()).toHaveLength(1)
})

test('200 concurrent presentations of one payload: one settlement, one issue, one grant', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const authorization = buyer.sign(challenge)
  const answers = await Promise.all(
    Array.from({ length: 200 }, () =>
      buyer.pay(world.engine, challenge.challengeId, authorization),
    ),
  )
  expect(new Set(answers.map(codeOf))).toEqual(new Set(['DELIVERED']))
  expect(new Set(world.received.map(({ goods }) => JSON.stringify(goods))).size).toBe(1)
  expect(world.settler.calls).toBe(1)
  expect([...world.issuer.asked.values()]).toEqual([1])
  expect(await checkInvariants(world)).toEqual([])
})

test('two hundred processes racing with one payload charge once and issue once', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const authorization = buyer.sign(challenge)
  const answers = await Promise.all(
    Array.from({ length: 200 }, () =>
      buyer.pay(startProcess(world).engine, challenge.challengeId, authorization),
    ),
  )
  expect(new Set(answers.map(codeOf))).toEqual(new Set(['DELIVERED']))
  expect(new Set(world.received.map(({ goods }) => JSON.stringify(goods))).size).toBe(1)
  expect([...world.issuer.asked.values()]).toEqual([1])
  expect(world.ledger.transfers()).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test('a buyer who lost the answer signs anew, gets the stored result and is not charged', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  const again = await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  expect(again).toMatchObject({ kind: 'delivered', delivered: { replayed: true } })
  expect(world.ledger.transfers()).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test('while the first authorization is unresolved, a second one is never submitted', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  world.settler.mood = 'withhold'
  await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  const second = await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  expect(codeOf(second)).toBe('SETTLEMENT_PENDING')
  expect(world.settler.calls).toBe(1)
})

test('a stranger with a mined payload and a challenge of their own gets nothing', async () => {
  const { world, buyer, stranger } = scene()
  const challenge = await buyer.issue(world.engine)
  const authorization = buyer.sign(challenge)
  await buyer.pay(world.engine, challenge.challengeId, authorization)
  const own = await stranger.issue(world.engine)
  expect(codeOf(await stranger.pay(world.engine, own.challengeId, authorization))).toBe(
    'PAYMENT_SPENT',
  )
  expect(world.received).toHaveLength(1)
})

test('a stranger with a payload that is still on its way gets nothing', async () => {
  const { world, buyer, stranger } = scene()
  const challenge = await buyer.issue(world.engine)
  const authorization = buyer.sign(challenge)
  world.ledger.autoMine = false
  await buyer.pay(world.engine, challenge.challengeId, authorization)
  const own = await stranger.issue(world.engine)
  expect(codeOf(await stranger.pay(world.engine, own.challengeId, authorization))).toBe(
    'PAYMENT_SPENT',
  )
})

test('another payer on the same challenge gets 409, before and after delivery', async () => {
  const { world, buyer, stranger } = scene()
  const challenge = await buyer.issue(world.engine)
  world.ledger.autoMine = false
  await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  const other = stranger.sign(challenge)
  const early = await stranger.pay(world.engine, challenge.challengeId, other)
  expect(codeOf(early)).toBe('REQUEST_CONFLICT')
  world.ledger.mine()
  await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  const late = await stranger.pay(world.engine, challenge.challengeId, other)
  expect(codeOf(late)).toBe('REQUEST_CONFLICT')
  expect(world.ledger.transfers()).toHaveLength(1)
})

test('a forged signature of the payer, with the right nonce, gets nothing', async () => {
  const { world, buyer, stranger } = scene()
  const challenge = await buyer.issue(world.engine)
  const authorization = buyer.sign(challenge)
  await buyer.pay(world.engine, challenge.challengeId, authorization)
  const forged = { ...authorization, signature: `0x${'00'.repeat(65)}` as const }
  const answer = await stranger.pay(world.engine, challenge.challengeId, forged)
  expect(codeOf(answer)).toBe('SIGNATURE_INVALID')
  expect(world.received).toHaveLength(1)
})

test.each([
  ['for another payee', { to: fakeAccounts.stranger }],
  ['for another price', { value: 1n }],
  ['that has ended', { validBefore: 1n }],
])('a signature of the payer %s does not prove who is asking', async (_, part) => {
  const { world, buyer, stranger } = scene()
  const challenge = await buyer.issue(world.engine)
  await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  const found = buyer.sign(challenge, part)
  const answer = await stranger.pay(world.engine, challenge.challengeId, found)
  expect(codeOf(answer)).toBe('SIGNATURE_INVALID')
  expect(world.received).toHaveLength(1)
})

test.each([
  ['planId', 'plus'],
  ['resourceId', 'other'],
  ['requestId', 'another-request-id'],
])('a payment that comes with another %s is a conflict', async (field, value) => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const payment = {
    challengeId: challenge.challengeId,
    authorization: buyer.sign(challenge),
    request: { [field]: value },
  }
  await expect(world.engine.pay(payment)).rejects.toMatchObject({ code: 'REQUEST_CONFLICT' })
  expect(world.settler.calls).toBe(0)
})

test.each([
  ['another payee', { to: fakeAccounts.stranger }, 'PAYMENT_PAYEE_MISMATCH'],
  ['less than the price', { value: 99_999n }, 'PAYMENT_VALUE_MISMATCH'],
  ['more than the price', { value: 100_001n }, 'PAYMENT_VALUE_MISMATCH'],
  ['an end in the past', { validBefore: 1n }, 'AUTHORIZATION_EXPIRED'],
  ['a start in the future', { validAfter: 2n ** 40n }, 'AUTHORIZATION_NOT_YET_VALID'],
  ['an end in the far future', { validBefore: 2n ** 40n }, 'AUTHORIZATION_TOO_LONG'],
  ['a signature of nobody', { signature: '0x00' as const }, 'SIGNATURE_INVALID'],
])('an authorization with %s changes nothing', async (_, part, code) => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const answer = await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge, part))
  expect(codeOf(answer)).toBe(code)
  expect(await world.store.get(challenge.challengeId)).toEqual(challenge)
})

test('what the facilitator would refuse is refused before anything is stored', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const authorization = buyer.sign(challenge)
  world.settler.precheckAnswer = { kind: 'invalid', code: 'FACILITATOR_REFUSED', facts: {} }
  const answer = await buyer.pay(world.engine, challenge.challengeId, authorization)
  expect(codeOf(answer)).toBe('FACILITATOR_REFUSED')
  world.settler.precheckAnswer = { kind: 'used', head: world.ledger.head() }
  expect(codeOf(await buyer.pay(world.engine, challenge.challengeId, authorization))).toBe(
    'CHAIN_UNREACHABLE',
  )
  expect(await world.store.get(challenge.challengeId)).toEqual(challenge)
})

test('nobody can pay a challenge that is unknown, expired or cancelled', async () => {
  const { world, buyer } = scene()
  const expired = await buyer.issue(world.engine)
  const cancelled = await buyer.issue(world.engine)
  await world.engine.cancel(cancelled.challengeId)
  world.clock.advance(900_000)
  world.ledger.mine()
  const pay = async (id: string) => codeOf(await buyer.pay(world.engine, id, buyer.sign(expired)))
  expect(await pay(expired.challengeId)).toBe('CHALLENGE_EXPIRED')
  expect(await pay(cancelled.challengeId)).toBe('CHALLENGE_CANCELLED')
  expect(await pay('http-nothing')).toBe('CHALLENGE_UNKNOWN')
  expect(world.ledger.transfers()).toEqual([])
})

test('a chain that cannot be asked before anything was spent says later', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  world.chain.unreachable = true
  const answer = await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  expect(codeOf(answer)).toBe('CHAIN_UNREACHABLE')
  expect(await world.store.get(challenge.challengeId)).toEqual(challenge)
})

test('a payer racing with their own cancellation is told it was cancelled, not a conflict', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const { verify } = world.chain
  world.chain.verify = async (...given) => {
    await world.engine.cancel(challenge.challengeId)
    return verify(...given)
  }
  const answer = await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  expect(codeOf(answer)).toBe('CHALLENGE_CANCELLED')
  expect(world.ledger.transfers()).toEqual([])
})

test('settling and delivering apart come to the same as paying', async () => {
  const { world, buyer } = scene()
  const challenge = await buyer.issue(world.engine)
  const { challengeId } = challenge
  const authorization = buyer.sign(challenge)
  const payment = { challengeId, authorization, request: {} }
  await expect(world.engine.deliver(challengeId)).rejects.toMatchObject({
    code: 'SETTLEMENT_PENDING',
  })
  const paid = await world.engine.settle(payment)
  expect(paid).toMatchObject({ state: 'PAID' })
  expect(paid).not.toHaveProperty('lease')
  expect(await world.engine.deliver(challengeId)).toMatchObject({ replayed: false })
  expect(await world.engine.settle(payment)).toMatchObject({ state: 'DELIVERED' })
  expect(await world.engine.deliver(challengeId)).toMatchObject({ replayed: true })
})

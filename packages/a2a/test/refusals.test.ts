import { recover } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { createBuyer, createFakeClock, fakeAccounts, refundPass } from '@key0/core/testing'
import {
  type A2aBuyer,
  type A2aDraft,
  createModernA2aBuyer,
  type SeenTask,
} from '@key0/test-clients'
import { expect, test } from 'vitest'
import { offerOf, openShop, paying, type Shop, sign, through, url } from './shop.ts'

const open = async (
  options?: Parameters<typeof openShop>[0],
): Promise<{ readonly shop: Shop; readonly buyer: A2aBuyer; readonly asked: SeenTask }> => {
  const shop = openShop(options)
  const buyer = await createModernA2aBuyer(url, through(shop.handler))
  return { shop, buyer, asked: await buyer.send({ data: { planId: 'basic' } }) }
}

const pay = (
  shop: Shop,
  asked: SeenTask,
  spoil: (payload: Payload) => unknown = (same) => same,
): A2aDraft => ({
  taskId: asked.id,
  metadata: paying(spoil(sign(shop, offerOf(asked)))),
})

type Payload = ReturnType<typeof sign>
const payloadOf = ({ metadata = {} }: A2aDraft): Payload =>
  metadata['x402.payment.payload'] as Payload
const change = (name: string, value: string): ((payload: Payload) => unknown) => {
  return ({ accepted, ...rest }) => ({ ...rest, accepted: { ...accepted, [name]: value } })
}
const spoilAuthorization =
  (fields: Record<string, string>) =>
  ({ payload, ...rest }: Payload): unknown => ({
    ...rest,
    payload: { ...payload, authorization: { ...payload.authorization, ...fields } },
  })

test.each([
  ['INVALID_SIGNATURE', 'SIGNATURE_INVALID', spoilAuthorization({ nonce: `0x${'f'.repeat(64)}` })],
  ['NETWORK_MISMATCH', 'PAYMENT_NETWORK_MISMATCH', change('network', 'eip155:8453')],
  ['INVALID_AMOUNT', 'PAYMENT_VALUE_MISMATCH', change('amount', '1')],
  ['EXPIRED_PAYMENT', 'AUTHORIZATION_EXPIRED', spoilAuthorization({ validBefore: '1' })],
  ['SETTLEMENT_FAILED', 'PAYMENT_PAYEE_MISMATCH', change('payTo', fakeAccounts.stranger)],
])('a payment found wanting: %s', async (error, code, spoil) => {
  const { shop, buyer, asked } = await open()
  const refused = await buyer.send(pay(shop, asked, spoil))
  expect(refused).toMatchObject({
    state: 'input-required',
    metadata: {
      'x402.payment.status': 'payment-failed',
      'x402.payment.error': error,
      'x402.payment.receipts': [{ success: false, transaction: '' }],
      'x402.payment.required': { accepts: offerOf(asked).accepts },
      'key0.problem': { code, retry: 'sign' },
    },
  })
  expect(shop.ledger.transfers()).toEqual([])
  expect((await buyer.send(pay(shop, asked))).state).toBe('completed')
})

test('a payer without the money: INSUFFICIENT_FUNDS', async () => {
  const { shop, buyer, asked } = await open()
  const poor = `0x${'9'.repeat(40)}` as const
  const metadata = paying(sign(shop, offerOf(asked), poor))
  expect(await buyer.send({ taskId: asked.id, metadata })).toMatchObject({
    state: 'input-required',
    metadata: { 'x402.payment.error': 'INSUFFICIENT_FUNDS' },
  })
})

test('a payment that bought something else is DUPLICATE_NONCE, and no other one is asked for', async () => {
  const { shop, buyer, asked } = await open()
  const draft = pay(shop, asked)
  await buyer.send(draft)
  const other = await buyer.send({ data: { planId: 'basic' } })
  const spent = sign(shop, offerOf(other))
  const { payload } = payloadOf(draft)
  const refused = await buyer.send({ taskId: other.id, metadata: paying({ ...spent, payload }) })
  expect(refused).toMatchObject({
    state: 'input-required',
    metadata: {
      'x402.payment.status': 'payment-failed',
      'x402.payment.error': 'DUPLICATE_NONCE',
      'key0.problem': { code: 'PAYMENT_SPENT' },
    },
    grant: undefined,
  })
  expect(refused.metadata).not.toHaveProperty(['x402.payment.required'])
  expect(shop.ledger.transfers()).toHaveLength(1)
})

test('while nobody knows the outcome the task works, and no signature is asked for', async () => {
  const { shop, buyer, asked } = await open()
  shop.ledger.autoMine = false
  const draft = pay(shop, asked)
  const answers = [
    await buyer.send(draft),
    await buyer.send(draft),
    await buyer.send(pay(shop, asked)),
    await buyer.get(asked.id),
  ]
  for (const { state, metadata } of answers) {
    expect([state, metadata['x402.payment.status']]).toEqual(['working', 'payment-submitted'])
    expect(metadata).not.toHaveProperty(['x402.payment.required'])
  }
  await expect(buyer.cancel(asked.id)).rejects.toThrow()
  shop.ledger.mine()
  await recover(shop.ctx, { limit: 10 })
  expect(await buyer.get(asked.id)).toMatchObject({
    state: 'working',
    metadata: {
      'x402.payment.status': 'payment-completed',
      'x402.payment.receipts': [{ success: true }],
    },
  })
  expect(await buyer.send(draft)).toMatchObject({
    state: 'completed',
    grant: { accessToken: 'token-1' },
  })
  expect(shop.ledger.transfers()).toHaveLength(1)
  expect(shop.failures.map(({ code }) => code)).toContain('SETTLEMENT_PENDING')
})

/** A task whose first payment expired before it was mined. */
async function openAfterLost(): ReturnType<typeof open> {
  const opened = await open()
  const { shop, buyer, asked } = opened
  shop.ledger.autoMine = false
  await buyer.send(pay(shop, asked))
  shop.clock.advance(400_000)
  shop.ledger.mine(5)
  await recover(shop.ctx, { limit: 10 })
  return opened
}

test('receipts are the whole history: a payment that expired unmined, and the one after it', async () => {
  const { shop, buyer, asked } = await openAfterLost()
  const lost = { success: false, errorReason: 'authorization_expired', transaction: '' }
  expect(await buyer.get(asked.id)).toMatchObject({
    state: 'input-required',
    metadata: { 'x402.payment.receipts': [lost] },
  })
  shop.ledger.autoMine = true
  const paid = await buyer.send(pay(shop, asked))
  expect(paid).toMatchObject({
    state: 'completed',
    metadata: { 'x402.payment.receipts': [lost, { success: true }] },
  })
  expect((await buyer.get(asked.id)).metadata['x402.payment.receipts']).toMatchObject([
    lost,
    { success: true },
  ])
  expect(shop.ledger.transfers()).toHaveLength(1)
})

test('a payment refused for its signature hides none that came to nothing before', async () => {
  const { shop, buyer, asked } = await openAfterLost()
  const spoilt = spoilAuthorization({ nonce: `0x${'f'.repeat(64)}` })
  const refused = await buyer.send(pay(shop, asked, spoilt))
  expect(refused.metadata['x402.payment.receipts']).toMatchObject([
    { success: false, errorReason: 'authorization_expired' },
    { success: false },
  ])
})

test('a delivery that fails carries the receipt and the refund, until the money is back', async () => {
  const { shop, buyer, asked } = await open()
  shop.issuer.mood = 'fail'
  const draft = pay(shop, asked)
  const failed = await buyer.send(draft)
  const [transfer] = shop.ledger.transfers()
  expect(failed).toMatchObject({
    state: 'failed',
    metadata: {
      'x402.payment.status': 'payment-completed',
      'x402.payment.receipts': [{ success: true, transaction: transfer?.txHash }],
      'key0.problem': { code: 'DELIVERY_FAILED' },
      'key0.refund': { state: 'expected', refund: 'automatic' },
    },
  })
  expect(failed.metadata['key0.refund']).toHaveProperty('notBefore')
  shop.clock.advance(400_000)
  shop.ledger.mine(5)
  await refundPass(shop.refunds)
  expect((await buyer.get(asked.id)).metadata['key0.refund']).toEqual({ state: 'pending' })
  shop.clock.advance(120_000)
  shop.ledger.mine(5)
  await refundPass(shop.refunds)
  const [, refund] = shop.ledger.transfers()
  expect(await buyer.get(asked.id)).toMatchObject({
    state: 'failed',
    metadata: {
      'x402.payment.receipts': [{ success: true, transaction: transfer?.txHash }],
      'key0.refund': { state: 'refunded', transaction: refund?.txHash },
    },
  })
  expect(await buyer.send(draft)).toMatchObject({
    state: 'failed',
    metadata: { 'key0.problem': { code: 'CHALLENGE_REFUNDED' } },
    grant: undefined,
  })
})

test('while the store is down a payment works on, and a question fails by name', async () => {
  const clock = createFakeClock()
  const memory = createMemoryStore({ clock })
  let isDown = false
  const store = new Proxy(memory, {
    get(target, name, self) {
      if (isDown) throw new Error('connection refused')
      return Reflect.get(target, name, self)
    },
  })
  const { shop, buyer, asked } = await open({ world: { clock, store } })
  const draft = pay(shop, asked)
  isDown = true
  const answer = await buyer.send(draft)
  expect([answer.state, answer.metadata['x402.payment.status']]).toEqual([
    ...['working', 'payment-submitted'],
  ])
  expect(answer.metadata).not.toHaveProperty(['x402.payment.required'])
  for (const question of [buyer.get(asked.id), buyer.send({ data: { planId: 'basic' } })])
    await expect(question).rejects.toMatchObject({
      ...{ envelopeCode: -32603, message: 'The store could not be asked.' },
    })
  expect(JSON.stringify(shop.failures)).toContain('STORE_UNAVAILABLE')
  isDown = false
  expect((await buyer.send(draft)).state).toBe('completed')
  expect(shop.ledger.transfers()).toHaveLength(1)
})

test('an offer that nobody took in time is over', async () => {
  const { shop, buyer, asked } = await open()
  shop.clock.advance(901_000)
  const late = await buyer.send(pay(shop, asked))
  for (const { state, metadata } of [late, await buyer.get(asked.id)])
    expect([state, metadata['x402.payment.error']]).toEqual(['failed', 'EXPIRED_PAYMENT'])
  expect(shop.ledger.transfers()).toEqual([])
})

test('another payer is refused, and is told nothing of what was bought', async () => {
  const { shop, buyer, asked } = await open()
  await buyer.send(pay(shop, asked))
  const stranger = paying(sign(shop, offerOf(asked), fakeAccounts.stranger))
  await expect(buyer.send({ taskId: asked.id, metadata: stranger })).rejects.toMatchObject({
    data: expect.arrayContaining([expect.objectContaining({ reason: 'REQUEST_CONFLICT' })]),
  })
  expect(shop.ledger.transfers()).toHaveLength(1)
})

test('a request id that anybody may guess opens nothing without a fresh signature', async () => {
  const { shop, buyer } = await open()
  const data = { planId: 'basic', requestId: 'invoice-0000000000001' }
  const first = await buyer.send({ data })
  const draft = pay(shop, first)
  await buyer.send(draft)
  // Whoever asks by the same id is not told the challenge, in no part of any answer.
  const again = await buyer.send({ data })
  const seen = await buyer.get(again.id)
  expect(JSON.stringify([again, seen])).not.toContain(first.id)
  expect(seen).toMatchObject({ state: 'completed', grant: undefined })
  expect(seen.metadata).not.toHaveProperty(['x402.payment.receipts'])
  const { payload } = payloadOf(draft)
  const copied = { ...sign(shop, offerOf(again)), payload }
  await expect(buyer.send({ taskId: again.id, metadata: paying(copied) })).rejects.toMatchObject({
    data: expect.arrayContaining([expect.objectContaining({ reason: 'PAYER_PROOF_REQUIRED' })]),
  })
  await expect(buyer.cancel(again.id)).rejects.toThrow()
  // The payer itself signs anew, is served, and is not charged.
  const served = await buyer.send({
    taskId: again.id,
    metadata: paying(sign(shop, offerOf(again))),
  })
  expect(served).toMatchObject({ state: 'completed', grant: { accessToken: 'token-1' } })
  expect(shop.ledger.transfers()).toHaveLength(1)
})

test('whoever asked first under a guessable request id sees a state, and gets nothing', async () => {
  const { shop, buyer } = await open()
  const data = { planId: 'basic', requestId: 'invoice-0000000000002' }
  const thiefs = await buyer.send({ data })
  const payers = await buyer.send({ data })
  const draft = pay(shop, payers)
  expect((await buyer.send(draft)).state).toBe('completed')
  const seen = await buyer.get(thiefs.id)
  expect([seen.state, seen.grant]).toEqual(['completed', undefined])
  expect(seen.metadata).not.toHaveProperty(['x402.payment.receipts'])
  const copied = { ...sign(shop, offerOf(thiefs)), payload: payloadOf(draft).payload }
  await expect(buyer.send({ taskId: thiefs.id, metadata: paying(copied) })).rejects.toMatchObject({
    data: expect.arrayContaining([expect.objectContaining({ reason: 'PAYER_PROOF_REQUIRED' })]),
  })
})

test('what a single request costs is no task: it is neither shown nor ended here', async () => {
  const { shop, buyer } = await open()
  const { challenge } = await shop.engine.offerResource({
    route: { routeId: 'weather', unitAmount: '$0.10', unitAmountRaw: 100_000n },
    resource: { method: 'GET', path: '/weather', query: '' },
    clientAgentId: 'x402-http',
  })
  for (const call of [buyer.get, buyer.cancel])
    await expect(call(challenge.challengeId)).rejects.toMatchObject({ envelopeCode: -32001 })
  expect((await shop.engine.inspect(challenge.challengeId)).state).toBe('PENDING')
})

test('a transfer of too little is INVALID_AMOUNT, and is not asked for again', async () => {
  const { shop, buyer, asked } = await open()
  const txHash = createBuyer(shop).transfer(99_999n)
  const refused = await buyer.send({ taskId: asked.id, data: { txHash } })
  expect(refused).toMatchObject({
    metadata: { 'x402.payment.status': 'payment-failed', 'x402.payment.error': 'INVALID_AMOUNT' },
  })
  expect(refused.metadata).not.toHaveProperty(['x402.payment.required'])
})

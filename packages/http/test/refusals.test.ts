import { type ErrorCode, errorCodes } from '@key0/core'
import { decodeSettlementResponse, type SettlementResponse } from '@key0/x402'
import { describe, expect, test } from 'vitest'
import { httpStatus } from '../src/exports/index.ts'
import { toRequest } from '../src/exports/testing.ts'
import { ask, challengeIdOf, draftFor, origin, readOffer } from './buy.ts'
import { openShop, payer, refuse, type Shop, seller, txHash } from './fakeEngine.ts'

const codes = Object.keys(errorCodes) as ErrorCode[]

async function pay(shop: Shop, refusal: Error): Promise<{ response: Response; id: string }> {
  const draft = await draftFor(shop)
  shop.engine.script.refusal = refusal
  return { response: await shop.handler(toRequest(draft, origin)), id: challengeIdOf(draft) }
}

const outcomeOf = (response: Response): SettlementResponse =>
  decodeSettlementResponse(response.headers.get('payment-response') ?? '')

test.each(codes)('a payment refused with %s', async (code) => {
  const shop = openShop()
  const { response, id } = await pay(shop, refuse(code, { hint: 'safe' }))
  const body = (await response.json()) as { code: string; facts: object; retry: string }
  const ours = httpStatus[code] === 500
  expect(response.status).toBe(httpStatus[code])
  expect(body.code).toBe(ours ? 'INTERNAL' : code)
  expect(body.facts).toEqual(ours || code === 'CHALLENGE_UNKNOWN' ? {} : { hint: 'safe' })
  expect(outcomeOf(response)).toMatchObject({ success: false, transaction: '' })
  expect(response.headers.has('retry-after')).toBe(body.retry === 'later')
  expect(shop.events).toHaveLength(response.status >= 500 ? 1 : 0)
  const type = response.headers.get('content-type')
  if (response.status === 402) {
    expect(readOffer(response).accepts[0]?.extra?.challengeId).toBe(id)
    expect(readOffer(response).error).toBe(errorCodes[code].summary)
    expect(type).toBe('application/json')
  } else {
    expect(response.headers.has('payment-required')).toBe(false)
    expect(type).toBe('application/problem+json')
  }
})

test.each([
  ['FUNDS_INSUFFICIENT', 'insufficient_funds'],
  ['SIGNATURE_INVALID', 'invalid_exact_evm_payload_signature'],
  ['PAYMENT_SPENT', 'payment_spent'],
  ['SETTLEMENT_PENDING', 'settlement_pending'],
  ['CHAIN_UNREACHABLE', 'settlement_pending'],
  ['STORE_UNAVAILABLE', 'settlement_pending'],
  ['CONFIG_INVALID', 'settlement_pending'],
] as const)('%s is called %s in PAYMENT-RESPONSE', async (code, reason) => {
  const { response } = await pay(openShop(), refuse(code))
  expect(outcomeOf(response).errorReason).toBe(reason)
})

test.each(codes.filter((code) => httpStatus[code] === 402))(
  'asking for a price never gets a 402 without an offer: %s',
  async (code) => {
    const shop = openShop()
    const handler = openShop({
      engine: { ...shop.engine, offer: () => Promise.reject(refuse(code)) },
    }).handler
    const response = await handler(ask({ planId: 'basic' }))
    expect(response.status).toBe(500)
  },
)

describe('no second signature is asked for', () => {
  const open = { intent: { stage: 'OPEN' } } as never
  test.each([
    ['another request’s authorization is on its way', open, 503, 'SETTLEMENT_PENDING'],
    ['another request has just paid', { state: 'PAID' }, 503, 'DELIVERY_PENDING'],
    ['another request has just bought', { state: 'DELIVERED' }, 503, 'DELIVERY_PENDING'],
    ['it expired meanwhile', { state: 'EXPIRED' }, 410, 'CHALLENGE_EXPIRED'],
    ['it was cancelled meanwhile', { state: 'CANCELLED' }, 410, 'CHALLENGE_CANCELLED'],
    ['its money is going back', { state: 'REFUND_PENDING' }, 410, 'CHALLENGE_REFUNDING'],
    ['its refund is stuck', { state: 'REFUND_FAILED' }, 410, 'CHALLENGE_REFUNDING'],
    ['its money went back', { state: 'REFUNDED' }, 410, 'CHALLENGE_REFUNDED'],
  ] as const)('%s', async (_, meanwhile, status, code) => {
    const shop = openShop()
    shop.engine.script.meanwhile = () => meanwhile
    const { response } = await pay(shop, refuse('FUNDS_INSUFFICIENT'))
    expect(response.status).toBe(status)
    expect(response.headers.has('payment-required')).toBe(false)
    expect(((await response.json()) as { code: string }).code).toBe(code)
  })

  test('somebody else’s signature for what was bought', async () => {
    const shop = openShop()
    shop.engine.script.meanwhile = () => ({ state: 'DELIVERED' })
    const { response } = await pay(shop, refuse('SIGNATURE_INVALID'))
    expect(response.status).toBe(403)
    expect(((await response.json()) as { code: string }).code).toBe('PAYER_PROOF_INVALID')
  })

  test('the store fails while we look', async () => {
    const shop = openShop()
    const draft = await draftFor(shop)
    let looks = 0
    const inspect: typeof shop.engine.inspect = (id) =>
      ++looks > 1 ? Promise.reject(refuse('STORE_UNAVAILABLE')) : shop.engine.inspect(id)
    shop.engine.script.refusal = refuse('FUNDS_INSUFFICIENT')
    const { handler } = openShop({ engine: { ...shop.engine, inspect } })
    const response = await handler(toRequest(draft, origin))
    expect(response.status).toBe(503)
    expect(outcomeOf(response).errorReason).toBe('settlement_pending')
  })
})

test('a challenge that is not open is not judged by its echo', async () => {
  const shop = openShop()
  const draft = await draftFor(shop)
  shop.engine.change(challengeIdOf(draft), { state: 'DELIVERED' })
  const { handler } = openShop({ engine: shop.engine, maxTimeoutSeconds: 60 })
  expect((await handler(toRequest(draft, origin))).status).toBe(200)
})

test('a delivery that failed says that the money arrived, and what becomes of it', async () => {
  const shop = openShop()
  shop.engine.script.meanwhile = () => ({ state: 'PAID', txHash, fromAddress: payer })
  const facts = { refund: 'scheduled', refundBy: '2026-01-01T00:00:00.000Z' }
  const { response } = await pay(shop, refuse('DELIVERY_FAILED', facts))
  expect(response.status).toBe(502)
  expect(((await response.json()) as { facts: object }).facts).toEqual(facts)
  expect(outcomeOf(response)).toMatchObject({ success: true, transaction: txHash, payer })
})

test('nothing of an unexpected failure reaches the caller, all of it the observer', async () => {
  const shop = openShop()
  const cause = new TypeError('https://rpc.example/?key=secret')
  const { response, id } = await pay(shop, cause)
  const text = await response.text()
  expect(response.status).toBe(500)
  expect(text).not.toContain('secret')
  expect(text).not.toContain(id)
  expect(shop.events).toEqual([
    { name: 'request.failed', path: '/x402/access', code: 'INTERNAL', status: 500, cause },
  ])
})

test('an unknown id is not repeated', async () => {
  const { response } = await pay(openShop(), refuse('CHALLENGE_UNKNOWN', { challengeId: 'http-1' }))
  expect(await response.text()).not.toContain('http-1')
})

test('a code of a newer core is answered as INTERNAL', async () => {
  const error = Object.assign(refuse('INTERNAL'), { code: 'FROM_THE_FUTURE' })
  const { response } = await pay(openShop(), error)
  expect(((await response.json()) as { code: string }).code).toBe('INTERNAL')
})

test('an observer that throws changes nothing', async () => {
  const observe = (): never => {
    throw new Error('full disk')
  }
  const { response } = await pay(openShop({ observe }), refuse('CHAIN_UNREACHABLE'))
  expect(response.status).toBe(503)
})

test('an engine that sells in another token than the handler is told of is not believed', async () => {
  const token = { ...seller.token, address: seller.payTo }
  const shop = openShop({ seller: { ...seller, token } })
  const response = await shop.handler(ask({ planId: 'basic' }))
  expect(response.status).toBe(500)
  expect(shop.events).toMatchObject([{ cause: { code: 'CONFIG_INVALID' } }])
})

test('with docsUrl every problem says where it is explained', async () => {
  const shop = openShop({ seller: { ...seller, docsUrl: 'https://docs.example/errors' } })
  const { response } = await pay(shop, refuse('PAYMENT_SPENT'))
  expect(await response.json()).toEqual({
    type: 'https://docs.example/errors/PAYMENT_SPENT',
    title: errorCodes.PAYMENT_SPENT.summary,
    status: 409,
    code: 'PAYMENT_SPENT',
    retry: 'never',
    facts: {},
  })
})

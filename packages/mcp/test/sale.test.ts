import { fakeAccounts } from '@key0/core/testing'
import { describe, expect, test } from 'vitest'
import { connect, openShop, readTold, type Shop, signFor, toBase64 } from './shop.ts'

type Accepts = Parameters<typeof signFor>[1]['accepts'][number]

const toV1 = (payment: object): object => {
  const { payload } = payment as { payload: object }
  return { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload }
}

const settled = { success: true, amount: '100000', network: 'eip155:84532' }

async function priced(shop: Shop) {
  const agent = await connect(shop)
  const result = await agent.buy()
  return { ...agent, result, offer: readTold(result) }
}

test('an agent finds the tools, with the prices that will be asked', async () => {
  const shop = openShop()
  const { client, offer } = await priced(shop)
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['discover_plans', 'request_access'])
  // Clients hold errors against an output schema too, and an offer is an error with content.
  expect(tools.every(({ outputSchema }) => outputSchema === undefined)).toBe(true)
  expect(tools[1]?._meta).toMatchObject({ 'agents-x402/paymentRequired': true })
  const found = await client.callTool({ name: 'discover_plans' })
  const [plan] = (found.structuredContent as { plans: { accepts: object[] }[] }).plans
  const { challengeId: _, ...extra } = offer.accepts[0]?.extra ?? {}
  expect(plan).toMatchObject({ planId: 'basic', accepts: [{ ...offer.accepts[0], extra }] })
})

test('a call without a payment is an offer in all three dialects, and takes nothing', async () => {
  const shop = openShop()
  const { result, offer } = await priced(shop)
  expect(result.isError).toBe(true)
  expect(offer).toMatchObject({
    ...{ x402Version: 2, code: 'PAYMENT_REQUIRED', retry: 'sign' },
    resource: { url: 'mcp://tool/request_access' },
    accepts: [{ scheme: 'exact', amount: '100000', payTo: fakeAccounts.seller }],
  })
  expect(offer.accepts[0]?.extra?.challengeId).toBe(offer.challengeId)
  expect(result._meta?.['x402/error']).toEqual(offer)
  expect(shop.ledger.transfers()).toEqual([])
})

describe('a payment buys', () => {
  type Places = (payment: object) => {
    readonly meta?: Record<string, unknown>
    readonly headers?: Record<string, string>
  }
  const places: readonly (readonly [string, Places])[] = [
    ['as an object', (payment) => ({ meta: { 'x402/payment': payment } })],
    ['as the text of its header', (payment) => ({ meta: { 'x402/payment': toBase64(payment) } })],
    ['in the header alone', (payment) => ({ headers: { 'payment-signature': toBase64(payment) } })],
    [
      'as an object and in the header',
      (payment) => ({
        meta: { 'x402/payment': payment },
        headers: { 'payment-signature': toBase64(payment) },
      }),
    ],
    ['at the place of version 1', (payment) => ({ meta: { 'x402.payment': toBase64(payment) } })],
    ['in version 1', (payment) => ({ meta: { 'x402.payment': toBase64(toV1(payment)) } })],
    [
      'in version 1, in its header',
      (payment) => ({ headers: { 'x-payment': toBase64(toV1(payment)) } }),
    ],
  ]
  test.each(places)('%s', async (_, place) => {
    const shop = openShop()
    const { offer } = await priced(shop)
    const { meta, headers } = place(signFor(shop, offer, '07'))
    const { buy } = await connect(shop, headers)
    const result = await buy({ planId: 'basic' }, meta)
    expect(result.isError).toBeUndefined()
    expect(readTold(result)).toMatchObject({ type: 'AccessGrant', planId: 'basic' })
    expect(result._meta?.['x402/payment-response']).toMatchObject(settled)
    const v1 = meta && 'x402.payment' in meta && { success: true, network: 'base-sepolia' }
    expect(result._meta?.['x402.payment-response'] ?? false).toEqual(
      v1 ? expect.objectContaining(v1) : false,
    )
    expect(shop.ledger.transfers()).toHaveLength(1)
  })
})

test('a payment that was signed for the price in tools/list, before any offer, buys once', async () => {
  const shop = openShop({}, [{ planId: 'basic', unitAmount: '$0.10' }])
  const { client } = await connect(shop)
  const [, tool] = (await client.listTools()).tools
  const hint = tool?._meta?.x402 as { paymentRequired: true } & Accepts
  expect(tool?._meta).toMatchObject({ 'agents-x402/priceUSD': 0.1, x402: { amount: '100000' } })
  const { paymentRequired: _, ...accepts } = hint
  const payment = signFor(shop, { accepts: [accepts] }, '07')
  const { buy } = await connect(shop, { 'payment-signature': toBase64(payment) })
  const meta = { 'x402/payment': payment }
  expect(readTold(await buy(undefined, meta))).toMatchObject({ type: 'AccessGrant' })
  const again = await buy(undefined, meta)
  expect(JSON.stringify(again)).not.toContain('accepts')
  expect(shop.ledger.transfers()).toHaveLength(1)
})

describe('who lost the answer', () => {
  test('sends the same call again and gets the same, charged once', async () => {
    const shop = openShop()
    const { buy, offer } = await priced(shop)
    const meta = { 'x402/payment': signFor(shop, offer, '07') }
    const first = await buy({ planId: 'basic' }, meta)
    const again = await buy({ planId: 'basic' }, meta)
    expect(again).toEqual(first)
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('signs the same offer again and gets the same, charged once', async () => {
    const shop = openShop()
    const { buy, offer } = await priced(shop)
    const first = await buy(undefined, { 'x402/payment': signFor(shop, offer, '07') })
    const again = await buy(undefined, { 'x402/payment': signFor(shop, offer, '08') })
    expect(again).toEqual(first)
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('knows only its request id: it is offered the same purchase, and charged once', async () => {
    const shop = openShop()
    const { buy } = await connect(shop)
    const args = { planId: 'basic', requestId: crypto.randomUUID() }
    const offer = readTold(await buy(args))
    await buy(args, { 'x402/payment': signFor(shop, offer, '07') })
    const asked = readTold(await buy(args))
    const again = await buy(args, { 'x402/payment': signFor(shop, asked, '08') })
    expect(readTold(again)).toMatchObject({ type: 'AccessGrant' })
    expect(shop.ledger.transfers()).toHaveLength(1)
  })
})

describe('no offer is shown', () => {
  test('while an authorization may be live', async () => {
    const shop = openShop()
    const { buy } = await connect(shop)
    const args = { planId: 'basic', requestId: crypto.randomUUID() }
    const offer = readTold(await buy(args))
    shop.settler.mood = 'withhold'
    const pending = await buy(args, { 'x402/payment': signFor(shop, offer, '07') })
    const unpaid = await buy(args)
    for (const result of [pending, unpaid]) {
      expect(result.isError).toBe(true)
      expect(readTold(result)).toMatchObject({ code: 'SETTLEMENT_PENDING', retryAfterSeconds: 2 })
      expect(JSON.stringify(result)).not.toContain('accepts')
    }
    expect(pending._meta).toEqual({
      'x402/payment-response': {
        ...{ success: false, errorReason: 'settlement_pending', transaction: '' },
        network: 'eip155:84532',
      },
    })
    expect(shop.events.map(({ code }) => code)).toEqual([
      'SETTLEMENT_PENDING',
      'SETTLEMENT_PENDING',
    ])
  })

  test('when it was paid and could not be delivered: the refund is told', async () => {
    const shop = openShop()
    const { buy, offer } = await priced(shop)
    shop.issuer.mood = 'fail'
    const result = await buy(undefined, { 'x402/payment': signFor(shop, offer, '07') })
    const told = readTold(result)
    expect(told).toMatchObject({ code: 'DELIVERY_FAILED' })
    expect(told.facts).toHaveProperty('refund')
    expect(result._meta?.['x402/payment-response']).toMatchObject(settled)
    expect(JSON.stringify(result)).not.toContain('accepts')
  })

  test('to a stranger who copies a payment that is on the chain', async () => {
    const shop = openShop()
    const { buy, offer } = await priced(shop)
    await buy(undefined, { 'x402/payment': signFor(shop, offer, '07') })
    const theirs = signFor(shop, offer, '09', fakeAccounts.stranger)
    const result = await buy(undefined, { 'x402/payment': theirs })
    expect(readTold(result)).toMatchObject({ code: 'REQUEST_CONFLICT' })
    expect(JSON.stringify(result)).not.toContain('accepts')
    expect(shop.ledger.transfers()).toHaveLength(1)
  })
})

test('a payment that takes another offer than ours is offered again, with what was wrong', async () => {
  const shop = openShop()
  const { buy, offer } = await priced(shop)
  const [accepts] = offer.accepts
  const cheap = { ...offer, accepts: [{ ...accepts!, amount: '1' }] }
  const result = await buy(undefined, { 'x402/payment': signFor(shop, cheap, '07') })
  expect(readTold(result)).toMatchObject({
    ...{ code: 'PAYMENT_VALUE_MISMATCH', challengeId: offer.challengeId },
    accepts: offer.accepts,
  })
  expect(result._meta).toMatchObject({ 'x402/payment-response': { success: false } })
  expect(shop.ledger.transfers()).toEqual([])
})

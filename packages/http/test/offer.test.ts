import { encodePaymentRequired, type PaymentPayload, parseV1PaymentRequired } from '@key0/x402'
import { x402Client, x402HTTPClient } from '@x402/core/client'
import { decodePaymentRequiredHeader, decodePaymentResponseHeader } from '@x402/core/http'
import { PaymentRequiredV2Schema } from '@x402/core/schemas'
import { expect, test } from 'vitest'
import { toRequest } from '../src/exports/testing.ts'
import { ask, challengeIdOf, draftFor, origin, readOffer, signFor } from './buy.ts'
import { openShop, payer, seller, txHash } from './fakeEngine.ts'

test('a request without a payment gets a 402 with one offer', async () => {
  const { handler, engine } = openShop()
  const response = await handler(ask({ planId: 'basic', resourceId: 'report-7' }))
  expect(response.status).toBe(402)
  expect(engine.asked).toEqual([
    { planId: 'basic', resourceId: 'report-7', clientAgentId: 'x402-http' },
  ])
  const body = (await response.json()) as Record<string, unknown>
  const { challengeId } = body
  expect(readOffer(response)).toEqual({
    x402Version: 2,
    error: 'This request must be paid for.',
    resource: {
      url: 'https://pay.example/x402/access',
      description: 'One report – “fresh” 📈',
      mimeType: 'application/json',
    },
    extensions: {
      bazaar: { info: expect.objectContaining({}), schema: expect.objectContaining({}) },
      'payment-identifier': { info: { required: false }, schema: expect.objectContaining({}) },
    },
    accepts: [
      {
        scheme: 'exact',
        network: 'eip155:84532',
        amount: '100000',
        asset: seller.token.address,
        payTo: seller.payTo,
        maxTimeoutSeconds: 300,
        extra: { name: 'USDC', version: '2', paymentFlow: 'upfront', challengeId },
      },
    ],
  })
  // The body says the same, and under the names of version 1 what its clients read.
  expect(body).toMatchObject({ code: 'PAYMENT_REQUIRED', status: 402, retry: 'sign' })
  expect(body.paymentRequired).toEqual(readOffer(response))
  expect(parseV1PaymentRequired(body)).toEqual({
    x402Version: 1,
    error: 'This request must be paid for.',
    accepts: [
      {
        scheme: 'exact',
        network: 'base-sepolia',
        maxAmountRequired: '100000',
        resource: 'https://pay.example/x402/access',
        description: 'One report – “fresh” 📈',
        mimeType: 'application/json',
        outputSchema: { input: expect.objectContaining({ type: 'http', method: 'POST' }) },
        payTo: seller.payTo,
        maxTimeoutSeconds: 300,
        asset: seller.token.address,
        extra: { name: 'USDC', version: '2' },
      },
    ],
  })
  // Clients of other payment protocols take any of these for a challenge of theirs.
  expect(response.headers.has('www-authenticate')).toBe(false)
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test('the text put together from parts is the message, encoded', async () => {
  const { handler } = openShop()
  const response = await handler(ask({ planId: 'gold' }, '/x402/access?a=%22b&c=%C3%A9'))
  const offer = readOffer(response)
  expect(offer.resource.url).toBe('https://pay.example/x402/access?a=%22b&c=%C3%A9')
  // Same bytes as the codec's own, but for the escapes of what is not ASCII.
  expect(JSON.parse(atob(response.headers.get('PAYMENT-REQUIRED') ?? ''))).toEqual(
    JSON.parse(Buffer.from(encodePaymentRequired(offer), 'base64').toString('utf8')),
  )
})

test('the public address is ours, whatever Host and forwarding headers say', async () => {
  const { handler } = openShop({ seller: { ...seller, publicUrl: 'https://x.example/pay/' } })
  const request = new Request('http://evil.example/x402/access', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-host': 'evil.example' },
    body: '{"planId":"basic"}',
  })
  const response = await handler(request)
  expect(readOffer(response).resource.url).toBe('https://x.example/pay/x402/access')
  expect(await response.text()).not.toContain('evil')
})

test('clientAgentId of an unproven client is ignored', async () => {
  const { handler, engine } = openShop()
  await handler(ask({ planId: 'basic', clientAgentId: 'did:web:somebody.else', other: 1 }))
  expect(engine.asked).toEqual([{ planId: 'basic', clientAgentId: 'x402-http' }])
})

test('a challenge that lives shorter than buyers sign is offered for its life', async () => {
  const { handler, engine } = openShop()
  const requestId = 'request-0123456789'
  const first = await handler(ask({ planId: 'basic', requestId }))
  const { challengeId } = (await first.json()) as { challengeId: string }
  const record = await engine.inspect(challengeId)
  engine.change(challengeId, { expiresAt: new Date(record.createdAt.getTime() + 60_000) })
  const second = readOffer(await handler(ask({ planId: 'basic', requestId })))
  expect(second.accepts[0]?.maxTimeoutSeconds).toBe(60)
  // And the offer rebuilt for the payment is that same one.
  const draft = await draftFor({ ...openShop(), handler, engine })
  const body = JSON.stringify({ planId: 'basic', requestId })
  const paid = await handler(toRequest({ ...draft, body, payment: signFor(second) }, origin))
  expect(paid.status).toBe(200)
})

test('an old price stays the price of its challenge', async () => {
  const shop = openShop()
  const draft = await draftFor(shop)
  shop.engine.change(challengeIdOf(draft), { amountRaw: 7n })
  const response = await shop.handler(toRequest(draft, origin))
  expect(response.status).toBe(402)
  expect(readOffer(response).accepts[0]?.amount).toBe('7')
  expect(readOffer(await shop.handler(ask({ planId: 'basic' }))).accepts[0]?.amount).toBe('100000')
})

test('the reference client reads the offer, takes its only flow, and pays', async () => {
  const { handler, engine } = openShop()
  const client = new x402Client().register('eip155:*', {
    scheme: 'exact',
    findDefaultAsset: () => ({ address: seller.token.address, decimals: 6 }) as never,
    async createPaymentPayload(x402Version, accepted) {
      const offer = { accepts: [accepted] } as unknown as Parameters<typeof signFor>[0]
      return { x402Version, payload: signFor(offer).payload as never }
    },
  })
  client.setSpendControls(false)
  const http = new x402HTTPClient(client)
  const unpaid = await handler(ask({ planId: 'basic' }))
  const header = (name: string): string | null => unpaid.headers.get(name)
  const required = http.getPaymentRequiredResponse(header, await unpaid.json())
  expect(PaymentRequiredV2Schema.safeParse(required).success).toBe(true)
  expect(decodePaymentRequiredHeader(header('PAYMENT-REQUIRED') ?? '')).toEqual(required)
  const payload = await http.createPaymentPayload(required)
  const request = ask({ planId: 'basic' })
  for (const [name, value] of Object.entries(http.encodePaymentSignatureHeader(payload)))
    request.headers.set(name, value)
  const paid = await handler(request)
  expect(paid.status).toBe(200)
  expect(engine.paid).toHaveLength(1)
  const settled = http.getPaymentSettleResponse((name) => paid.headers.get(name))
  expect(settled).toEqual({
    ...{ success: true, transaction: txHash, network: 'eip155:84532', payer, amount: '100000' },
  })
})

test('a payment gets the grant, and again the same bytes', async () => {
  const shop = openShop()
  const draft = await draftFor(shop)
  const [first, second] = [
    await shop.handler(toRequest(draft, origin)),
    await shop.handler(toRequest(draft, origin)),
  ]
  const body = await first.text()
  expect(JSON.parse(body)).toMatchObject({ type: 'AccessGrant', accessToken: 'token', txHash })
  expect(await second.text()).toBe(body)
  expect(first.headers.get('cache-control')).toBe('private, no-store')
  expect(first.headers.get('payment-response')).toBe(second.headers.get('payment-response'))
  expect(decodePaymentResponseHeader(first.headers.get('payment-response') ?? '').success).toBe(
    true,
  )
})

test('what the engine is given is what the buyer signed and asked for', async () => {
  const shop = openShop()
  const draft = await draftFor(shop)
  const payment = draft.payment as PaymentPayload
  const body = JSON.stringify({
    planId: 'basic',
    resourceId: 'report-7',
    requestId: 'r'.repeat(16),
  })
  await shop.handler(toRequest({ ...draft, body }, origin))
  const { authorization, signature } = payment.payload
  expect(shop.engine.paid).toEqual([
    {
      onlyFresh: false,
      challengeId: challengeIdOf(draft),
      request: { planId: 'basic', resourceId: 'report-7', requestId: 'r'.repeat(16) },
      authorization: {
        ...{
          from: authorization.from,
          to: authorization.to,
          nonce: authorization.nonce,
          signature,
        },
        ...{ value: 100000n, validAfter: 0n, validBefore: BigInt(authorization.validBefore) },
      },
    },
  ])
})

test('a client that echoes no challenge id is found by its request id', async () => {
  const shop = openShop()
  const requestId = 'request-0123456789'
  const offer = readOffer(await shop.handler(ask({ planId: 'basic', requestId })))
  const { challengeId, ...extra } = { ...offer.accepts[0]?.extra }
  const payment = signFor({ ...offer, accepts: [{ ...offer.accepts[0]!, extra }] })
  const draft = { ...(await draftFor(shop)), payment }
  const body = JSON.stringify({ planId: 'basic', requestId })
  const response = await shop.handler(toRequest({ ...draft, body }, origin))
  expect(response.status).toBe(200)
  expect(shop.engine.paid.map((each) => each.challengeId)).toEqual([challengeId])
})

test('offers nobody could take are refused or warned of before anybody asks', () => {
  const long =
    (description: string): (() => unknown) =>
    () =>
      openShop({ seller: { ...seller, name: description } }).handler.warnings
  expect(openShop().handler.warnings).toEqual([
    expect.stringMatching(/"gold" costs more than 1 USDC/),
  ])
  const { payTo } = seller
  expect(() => openShop({ seller: { ...seller, payTo: '0x1' } })).toThrow(
    /payTo must be an address/,
  )
  expect(() => openShop({ seller: { ...seller, publicUrl: 'https://u:p@x.example' } })).toThrow(
    /publicUrl/,
  )
  expect(() => openShop({ maxTimeoutSeconds: 901 })).toThrow(/from 30 to 900/)
  expect(long('x')()).toHaveLength(1)
  const token = { ...seller.token, name: 'x'.repeat(2_500) }
  expect(openShop({ seller: { ...seller, payTo, token } }).handler.warnings).toHaveLength(3)
  const endless = { ...seller.token, name: 'x'.repeat(6_000) }
  expect(() => openShop({ seller: { ...seller, token: endless } })).toThrow(/at most 8192 bytes/)
})

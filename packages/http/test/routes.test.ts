import { corsHeaders } from '@key0/x402'
import { describe, expect, test } from 'vitest'
import { ask, origin, readOffer } from './buy.ts'
import { openShop, refuse, txHash } from './fakeEngine.ts'

const call = (method: string, path: string): Request => new Request(origin + path, { method })

test('/discover names every plan at the price that its 402 asks', async () => {
  const { handler } = openShop()
  const response = await handler(call('GET', '/discover'))
  const found = (await response.json()) as {
    plans: { planId: string; amount: string }[]
    buy: { method: string; url: string; body: object }
    [name: string]: unknown
  }
  expect(found.buy).toMatchObject({ method: 'POST', url: 'https://pay.example/x402/access' })
  expect(found.plans).toHaveLength(2)
  for (const plan of found.plans) {
    const [accepted] = readOffer(await handler(ask({ planId: plan.planId }))).accepts
    expect(accepted).toMatchObject({ amount: plan.amount, network: found.network })
    expect(accepted).toMatchObject({
      payTo: found.payTo,
      asset: (found.asset as { address: string }).address,
    })
    expect(accepted?.maxTimeoutSeconds).toBe(found.maxTimeoutSeconds)
  }
  expect((await handler(ask(found.buy.body))).status).toBe(402)
})

test('HEAD says what GET would, without its body', async () => {
  const { handler } = openShop()
  const response = await handler(call('HEAD', '/discover'))
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.text()).toBe('')
})

test.each(['/discover', '/x402/access', '/x402/proof'])(
  'a preflight of %s is free',
  async (path) => {
    const { handler, engine } = openShop()
    const response = await handler(call('OPTIONS', path))
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-headers')).toBe(
      [...corsHeaders.allow, 'PAYMENT-PROOF', 'Idempotency-Key'].join(', '),
    )
    expect(response.headers.get('access-control-allow-methods')).toBe(response.headers.get('allow'))
    expect(response.headers.has('access-control-allow-credentials')).toBe(false)
    expect(engine.asked).toEqual([])
  },
)

test.each([
  ['POST', '/discover', 'GET, HEAD, OPTIONS'],
  ['DELETE', '/x402/access', 'POST, OPTIONS'],
  ['HEAD', '/x402/access', 'POST, OPTIONS'],
  ['GET', '/x402/proof', 'POST, OPTIONS'],
])('%s %s is refused, naming what is allowed', async (method, path, allow) => {
  const response = await openShop().handler(call(method, path))
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe(allow)
})

test.each([
  '/',
  '/x402/access/',
  '//x402/access',
  '/x402%2Faccess',
  '/X402/access',
  '/x402/access%00',
  '/x402/access;a',
  '/x402',
])('%s is not one of our paths', async (path) => {
  const { handler, engine } = openShop()
  const request = ask({ planId: 'basic' }, path)
  expect(handler.matches(request)).toBe(false)
  const response = await handler(request)
  expect(response.status).toBe(404)
  expect(response.headers.get('access-control-expose-headers')).toBe(corsHeaders.expose.join(', '))
  expect(engine.asked).toEqual([])
})

describe('a body', () => {
  const stream = (
    chunks: number,
    size: number,
  ): { body: ReadableStream<Uint8Array>; sent: () => number } => {
    let sent = 0
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      sent += 1
      if (sent > chunks) controller.close()
      else controller.enqueue(new Uint8Array(size).fill(0x20))
    }
    return { body: new ReadableStream({ pull }, { highWaterMark: 0 }), sent: () => sent }
  }
  const post = (body: ReadableStream<Uint8Array>, headers: Record<string, string>): Request =>
    new Request(`${origin}/x402/access`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      duplex: 'half',
    } as RequestInit)

  test('that never ends is read no further than its limit', async () => {
    const endless = stream(Number.POSITIVE_INFINITY, 1_000)
    const response = await openShop().handler(post(endless.body, {}))
    expect(response.status).toBe(413)
    expect(endless.sent()).toBeLessThan(40)
  })

  test('that is longer than it says is refused by what arrives', async () => {
    const liar = stream(100, 1_000)
    const response = await openShop().handler(post(liar.body, { 'content-length': '10' }))
    expect(response.status).toBe(413)
  })

  test('that says it is too long is not read at all', async () => {
    const long = stream(1, 10)
    const response = await openShop().handler(post(long.body, { 'content-length': '32769' }))
    expect(response.status).toBe(413)
    expect(long.sent()).toBe(0)
  })

  test('whose length is no number is refused', async () => {
    const odd = stream(1, 10)
    const response = await openShop().handler(post(odd.body, { 'content-length': '-1' }))
    expect(response.status).toBe(400)
  })

  test('that arrives in pieces is read whole', async () => {
    const text = new TextEncoder().encode('{"planId":"basic"}')
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of text) controller.enqueue(new Uint8Array([byte]))
        controller.close()
      },
    })
    expect((await openShop().handler(post(body, {}))).status).toBe(402)
  })

  test.each([
    'application/json; charset=utf-8',
    'APPLICATION/JSON;charset="UTF-8"',
    'application/vnd.api+json',
  ])('may call itself %s', async (type) => {
    const request = ask({ planId: 'basic' })
    request.headers.set('content-type', type)
    expect((await openShop().handler(request)).status).toBe(402)
  })
})

describe('/x402/proof', () => {
  const challengeOf = async (shop: ReturnType<typeof openShop>): Promise<string> =>
    ((await (await shop.handler(ask({ planId: 'basic' }))).json()) as { challengeId: string })
      .challengeId
  const payerSignature = `0x${'11'.repeat(65)}` as const

  test('hands out the grant for a transfer', async () => {
    const shop = openShop()
    const transfer = { challengeId: await challengeOf(shop), txHash, payerSignature }
    const response = await shop.handler(ask(transfer, '/x402/proof'))
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ type: 'AccessGrant', txHash })
    expect(shop.engine.proven).toEqual([transfer])
  })

  test('passes on what the payer must sign, as a 403: nobody pays twice over it', async () => {
    const shop = openShop()
    shop.engine.script.refusal = refuse('PAYER_PROOF_REQUIRED', { message: 'sign this' })
    const challengeId = await challengeOf(shop)
    const response = await shop.handler(ask({ challengeId, txHash }, '/x402/proof'))
    expect(response.status).toBe(403)
    expect(((await response.json()) as { facts: object }).facts).toEqual({ message: 'sign this' })
  })

  test.each([
    ['no challenge', { txHash }, '$.challengeId'],
    ['a path as challenge', { challengeId: '../x', txHash }, '$.challengeId'],
    ['no transaction', { challengeId: 'http-1' }, '$.txHash'],
    ['half a transaction', { challengeId: 'http-1', txHash: '0xabcd' }, '$.txHash'],
    ['a list', { challengeId: 'http-1', txHash: [txHash] }, '$.txHash'],
    [
      'no bytes signed',
      { challengeId: 'http-1', txHash, payerSignature: '0x' },
      '$.payerSignature',
    ],
    ['a number signed', { challengeId: 'http-1', txHash, payerSignature: 1 }, '$.payerSignature'],
  ])('refuses %s', async (_, body, field) => {
    const shop = openShop()
    const response = await shop.handler(ask(body, '/x402/proof'))
    expect(response.status).toBe(400)
    expect(((await response.json()) as { facts: object }).facts).toMatchObject({ field })
    expect(shop.engine.proven).toEqual([])
  })
})

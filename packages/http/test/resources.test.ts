import { createHash } from 'node:crypto'
import { payerProofMessage } from '@key0/core'
import { createBuyer, fakeSignature } from '@key0/core/testing'
import { decodeSettlementResponse } from '@key0/x402'
import { expect, test, vi } from 'vitest'
import { origin, readOffer } from './buy.ts'
import { openPaidWorld } from './paidWorld.ts'

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const settled = (response: Response) =>
  decodeSettlementResponse(response.headers.get('payment-response') ?? '')

test('a priced request is offered at its price and under its own address', async () => {
  const { send, asked, ledger } = openPaidWorld()
  const response = await send('/photos/1?size=small')
  const offer = readOffer(response)
  expect(response.status).toBe(402)
  expect(offer.resource?.url).toBe('https://pay.example/photos/1?size=small')
  expect(offer.accepts[0]).toMatchObject({ amount: '100000' })
  expect(await response.json()).toMatchObject({ code: 'PAYMENT_REQUIRED' })
  expect([asked.length, ledger.transfers().length]).toEqual([0, 0])
})

test('once it is paid, the backend’s answer comes back as it is, with what became of the money', async () => {
  const world = openPaidWorld()
  world.answer = async () =>
    new Response(everyByte, {
      status: 201,
      headers: { 'content-type': 'image/x', etag: '"1"', 'x-own': 'kept' },
    })
  const { response } = await world.buy('/photos/1?size=small')
  expect(response.status).toBe(201)
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(everyByte)
  expect(response.headers.get('content-type')).toBe('image/x')
  expect(response.headers.get('x-own')).toBe('kept')
  expect(response.headers.get('cache-control')).toBe('private, no-store')
  expect(settled(response)).toMatchObject({ success: true, amount: '100000' })
  const [request] = world.asked
  expect(request).toMatchObject({ method: 'GET', path: '/photos/1', query: 'size=small' })
  expect(request?.paid).toMatchObject({ routeId: 'photo', amountRaw: 100_000n })
  expect(request?.paid?.idempotencyKey).toMatch(/^auth:/)
})

test('the same payment again returns the same bytes, and the backend is not asked', async () => {
  const world = openPaidWorld()
  world.answer = async () => new Response(everyByte, { headers: { 'x-answer': '1' } })
  const first = await world.buy('/photos/1')
  world.answer = () => Promise.reject(new Error('asked again'))
  const second = await world.buy('/photos/1', {}, first.payment)
  for (const { response } of [first, second]) {
    expect(response.headers.get('x-answer')).toBe('1')
    expect(new Uint8Array(await response.clone().arrayBuffer())).toEqual(everyByte)
  }
  expect(settled(second.response)).toEqual(settled(first.response))
  expect([world.asked.length, world.ledger.transfers().length]).toEqual([1, 1])
})

test.each([
  ['/photos/2', 'GET'],
  ['/photos/1?size=large', 'GET'],
  ['/photos/1', 'HEAD'],
])('a payment for another request is refused: %s by %s', async (target, method) => {
  const world = openPaidWorld()
  const { payment } = await world.buy('/photos/1')
  const headers = { 'payment-signature': payment }
  const response = await world.send(target, { method, headers })
  expect(response.status).toBe(409)
  expect(world.asked).toHaveLength(1)
})

test('a signature for a cheap request does not buy a dear one: nothing is charged', async () => {
  const world = openPaidWorld()
  const payment = await world.sign(await world.send('/photos/1'))
  const headers = { 'payment-signature': payment }
  for (const [target, method] of [
    ['/photos/2', 'GET'],
    ['/photos/1?size=large', 'GET'],
    ['/prints', 'POST'],
  ] as const) {
    const response = await world.send(target, { method, headers })
    expect([response.status, await codeOf(response)]).toEqual([409, 'REQUEST_CONFLICT'])
    expect(world.ledger.transfers()).toEqual([])
  }
  const { response } = await world.buy('/photos/1', {}, payment)
  expect(response.status).toBe(200)
})

test('a body is bound to its payment and reaches the backend whole', async () => {
  const world = openPaidWorld()
  const post = (body: string) => ({ method: 'POST', body, headers: { 'content-type': 'text/x' } })
  const { payment, response } = await world.buy('/prints', post('one'))
  expect(response.status).toBe(200)
  const { challengeId } = world.asked[0]?.paid ?? { challengeId: '' }
  const record = await world.store.get(challengeId)
  const digest = `0x${createHash('sha256').update('one').digest('hex')}`
  expect(record?.resource).toMatchObject({ method: 'POST', path: '/prints', bodyDigest: digest })
  expect(Buffer.from(world.asked[0]?.body as Uint8Array).toString()).toBe('one')
  const other = await world.buy('/prints', post('two'), payment)
  expect([other.response.status, await codeOf(other.response)]).toEqual([409, 'REQUEST_CONFLICT'])
})

test('a body too long is refused before it is paid for', async () => {
  const world = openPaidWorld({ maxRequestBytes: 10 })
  const response = await world.send('/prints', { method: 'POST', body: 'x'.repeat(11) })
  expect([response.status, await codeOf(response)]).toEqual([413, 'BODY_TOO_LARGE'])
})

test.each([500, 404, 302, 304])('a backend that answers %i delivers nothing', async (status) => {
  const world = openPaidWorld()
  world.answer = async () =>
    new Response(null, { status, headers: { location: 'http://169.254.169.254/' } })
  const { response, payment } = await world.buy('/photos/1')
  const body = (await response.json()) as { code: string; facts: Record<string, string> }
  expect([response.status, body.code]).toEqual([502, 'DELIVERY_FAILED'])
  expect(body.facts).toMatchObject({ upstreamStatus: `${status}`, refund: 'automatic' })
  expect(body.facts.refundNotBefore).toMatch(/^20/)
  expect(settled(response).success).toBe(true)
  expect(response.headers.has('location')).toBe(false)
  world.answer = async () => new Response('at last')
  const again = await world.buy('/photos/1', {}, payment)
  expect(await again.response.text()).toBe('at last')
  expect(new Set(world.asked.map(({ paid }) => paid?.idempotencyKey)).size).toBe(1)
})

test('a backend that answers a part, where none was asked for, delivers nothing', async () => {
  const world = openPaidWorld()
  const part = { status: 206, headers: { 'content-range': 'bytes 0-2/9' } }
  world.answer = async () => new Response('the', part)
  const { response } = await world.buy('/photos/1', { headers: { range: 'bytes=0-2' } })
  expect([response.status, await codeOf(response)]).toEqual([502, 'DELIVERY_FAILED'])
  expect(world.asked[0]?.headers.has('range')).toBe(false)
  world.answer = async () => new Response('by another meaning', { status: 206 })
  expect((await world.buy('/photos/2')).response.status).toBe(206)
})

test('a backend that throws, or is too slow, is told apart from nobody else', async () => {
  const world = openPaidWorld({ timeoutMs: 20 })
  world.answer = () => Promise.reject(new TypeError('http://secret.internal refused'))
  const failed = await world.buy('/photos/1')
  expect(failed.response.status).toBe(502)
  expect(await failed.response.text()).not.toContain('secret')
  const aborted = vi.fn()
  world.answer = ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        aborted()
        reject(signal.reason)
      })
    })
  const slow = await world.buy('/photos/2')
  expect([slow.response.status, await codeOf(slow.response)]).toEqual([502, 'DELIVERY_FAILED'])
  expect(aborted).toHaveBeenCalledOnce()
})

test('server-sent events pass as they come, are delivered at the first byte, and never repeated', async () => {
  const world = openPaidWorld()
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const write = (text: string) => writer.write(new TextEncoder().encode(text))
  world.answer = async () =>
    new Response(readable, { headers: { 'content-type': 'text/event-stream' } })
  const buying = world.buy('/photos/1')
  await write('data: 1\n\n')
  const { response, payment } = await buying
  const [{ paid } = {}] = world.asked
  const record = await world.store.get(paid?.challengeId ?? '')
  expect(record).toMatchObject({ state: 'DELIVERED', response: { status: 200 } })
  expect(record?.response).not.toHaveProperty('body')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toBe('data: 1\n\n')
  void write('data: 2\n\n')
  expect((await reader?.read())?.value).toBe('data: 2\n\n')
  const again = await world.buy('/photos/1', {}, payment)
  expect([again.response.status, await codeOf(again.response.clone())]).toEqual([
    410,
    'RESPONSE_NOT_KEPT',
  ])
  expect(settled(again.response).success).toBe(true)
  void writer.close()
  expect((await reader?.read())?.done).toBe(true)
})

test('a reader of a stream that goes away ends the backend’s work', async () => {
  const world = openPaidWorld()
  const cancel = vi.fn()
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) =>
    controller.enqueue(everyByte)
  const body = () => new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 })
  world.answer = async () =>
    new Response(body(), { headers: { 'content-type': 'text/event-stream' } })
  const { response } = await world.buy('/photos/1')
  await response.body?.cancel()
  expect(cancel).toHaveBeenCalledOnce()
})

test.each([
  ['longer than what is stored', { 'content-length': '512' }, { maxStoredBytes: 511 }],
  ['longer than that, and not saying so', {}, { maxStoredBytes: 511 }],
  ['of unknown length and not at its end in time', {}, { streamAfterMs: 0 }],
] as const)('a response is a stream: %s', async (_, headers, limits) => {
  const world = openPaidWorld(limits)
  let sent = 0
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    sent += 1
    if (sent > 2) controller.close()
    else controller.enqueue(everyByte)
  }
  world.answer = async () => new Response(new ReadableStream({ pull }), { headers })
  const { response, payment } = await world.buy('/photos/1')
  const whole = new Uint8Array(await response.arrayBuffer())
  expect(whole).toEqual(Uint8Array.from([...everyByte, ...everyByte]))
  expect((await world.buy('/photos/1', {}, payment)).response.status).toBe(410)
})

test('a response of unknown length that ends soon is stored like any other', async () => {
  const world = openPaidWorld()
  const parts = ['one ', 'two']
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const part = parts.shift()
    if (part === undefined) controller.close()
    else controller.enqueue(new TextEncoder().encode(part))
  }
  world.answer = async () => new Response(new ReadableStream({ pull }))
  const { payment } = await world.buy('/photos/1')
  expect(await (await world.buy('/photos/1', {}, payment)).response.text()).toBe('one two')
})

test('a response that breaks off before it is whole delivers nothing', async () => {
  const world = openPaidWorld()
  let sent = 0
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    sent += 1
    if (sent > 1) controller.error(new Error('reset'))
    else controller.enqueue(everyByte)
  }
  world.answer = async () => new Response(new ReadableStream({ pull }))
  expect((await world.buy('/photos/1')).response.status).toBe(502)
})

test('who answers cannot speak of payments in our name, nor through caches', async () => {
  const world = openPaidWorld()
  const headers = {
    'payment-response': 'forged',
    'PAYMENT-REQUIRED': 'forged',
    'x-payment-response': 'forged',
    connection: 'x-hop',
    'x-hop': 'dropped',
    'keep-alive': 'timeout=9',
    'access-control-allow-origin': 'https://evil.example',
    'access-control-allow-credentials': 'true',
    'cache-control': 'public, max-age=9999',
    'set-cookie': 'a=1',
  }
  world.answer = async () => new Response('x', { headers })
  const { response } = await world.buy('/photos/1')
  const told = Object.fromEntries(response.headers)
  expect(JSON.stringify(told)).not.toMatch(/forged|dropped|evil|credentials|9999|timeout=9/)
  expect(told).toMatchObject({ 'set-cookie': 'a=1', 'access-control-allow-origin': '*' })
  const free = await world.send('/free')
  expect(free.status).toBe(200)
  expect(JSON.stringify(Object.fromEntries(free.headers))).not.toMatch(/forged|dropped|timeout=9/)
})

test('HEAD has the price of GET, and is answered without a body', async () => {
  const world = openPaidWorld()
  const head = { method: 'HEAD' }
  const offered = await world.send('/photos/1', head)
  expect([offered.status, offered.headers.has('payment-required'), offered.body]).toEqual([
    402,
    true,
    null,
  ])
  world.answer = async () => new Response(null, { headers: { 'content-length': '9' } })
  const { response } = await world.buy('/photos/1', head)
  expect([response.status, response.body]).toEqual([200, null])
  expect(world.asked[0]?.method).toBe('HEAD')
})

test('a preflight is never paid and never passed on', async () => {
  const world = openPaidWorld()
  const response = await world.send('/photos/1', { method: 'OPTIONS' })
  expect([response.status, response.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  expect(world.asked).toEqual([])
})

test('a free request is passed on at once, with its query, its body and its answer', async () => {
  const world = openPaidWorld()
  world.answer = async ({ body }) =>
    new Response(body as ReadableStream, { status: 302, headers: { location: '/elsewhere' } })
  const request = { method: 'POST', body: 'hello', headers: { 'content-length': '5' } }
  const response = await world.send('/free?a=%2F&b', request)
  expect([response.status, await response.text()]).toEqual([302, 'hello'])
  expect(response.headers.get('location')).toBe('/elsewhere')
  expect(world.asked[0]).toMatchObject({ path: '/free', query: 'a=%2F&b' })
  expect(world.asked[0]).not.toHaveProperty('paid')
  world.answer = () => Promise.reject(new Error('http://10.0.0.1 refused'))
  const failed = await world.send('/free')
  expect([failed.status, await codeOf(failed.clone())]).toEqual([502, 'BACKEND_UNREACHABLE'])
  expect(await failed.text()).not.toContain('10.0.0.1')
})

test.each([
  ['/nothing', 404, 'NOT_FOUND'],
  ['/photos', 404, 'NOT_FOUND'],
  ['/photos/1/', 400, 'PATH_NOT_CANONICAL'],
  ['//photos/1', 400, 'PATH_NOT_CANONICAL'],
  ['/photos/%2E%2E', 400, 'PATH_NOT_CANONICAL'],
  ['http://evil.example/photos/1', 400, 'PATH_NOT_CANONICAL'],
])('%s is answered %i and never passed on', async (target, status, code) => {
  const world = openPaidWorld()
  const response = await world.send(target)
  expect([response.status, await codeOf(response)]).toEqual([status, code])
  expect(world.asked).toEqual([])
})

test('a method that a route does not answer is named', async () => {
  const world = openPaidWorld()
  const response = await world.send('/prints')
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
})

test('a request may be bought in JSON, and its answer comes in JSON', async () => {
  const world = openPaidWorld()
  const ask = (resource: object, payment?: string) =>
    world.send('/x402/access', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(payment && { 'payment-signature': payment }),
      },
      body: JSON.stringify({ resource, requestId: '00000000-0000-4000-8000-000000000001' }),
    })
  const print = { method: 'POST', path: '/prints?n=2', body: '{"a":1}', contentType: 'text/json' }
  const offered = await ask(print)
  expect(readOffer(offered).accepts[0]?.amount).toBe('300000')
  const payment = await world.sign(offered)
  world.answer = async () => new Response('printed', { status: 201, headers: { 'x-a': 'b' } })
  const sold = await ask(print, payment)
  expect(sold.status).toBe(200)
  const envelope = (await sold.json()) as object
  expect(envelope).toMatchObject({
    ...{ type: 'ResourceResponse', routeId: 'print', status: 201, headers: { 'x-a': 'b' } },
    ...{ body: 'printed', bodyEncoding: 'utf-8', txHash: expect.stringMatching(/^0x/) },
    challengeId: expect.stringMatching(/^http-/),
  })
  const [request] = world.asked
  expect(request).toMatchObject({ method: 'POST', path: '/prints', query: 'n=2' })
  expect(Buffer.from(request?.body as Uint8Array).toString()).toBe('{"a":1}')
  expect(await (await ask(print, payment)).json()).toEqual(envelope)
  expect((await ask({ ...print, body: '{"a":2}' }, payment)).status).toBe(409)
  expect([world.asked.length, world.issuer.asked.size]).toEqual([1, 0])
})

test('in JSON, bytes that are no text are base64, and a stream is no delivery', async () => {
  const world = openPaidWorld()
  const buy = async (path: string) => {
    const init = (payment?: string): RequestInit => ({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(payment && { 'payment-signature': payment }),
      },
      body: JSON.stringify({ resource: { path } }),
    })
    const payment = await world.sign(await world.send('/x402/access', init()))
    return world.send('/x402/access', init(payment))
  }
  world.answer = async () => new Response(everyByte)
  const body = Buffer.from(everyByte).toString('base64')
  expect(await (await buy('/photos/1')).json()).toMatchObject({ body, bodyEncoding: 'base64' })
  world.answer = async () =>
    new Response('data: 1', { headers: { 'content-type': 'text/event-stream' } })
  const refused = await buy('/photos/2')
  expect([refused.status, await codeOf(refused)]).toEqual([502, 'DELIVERY_FAILED'])
})

test.each([
  [{ path: '/nothing' }, 404],
  [{ path: '/photos//1' }, 400],
  [{ path: '/free' }, 400],
  [{ method: 'DELETE', path: '/photos/1' }, 405],
  [{ method: 'GET' }, 400],
  [{ path: 7 }, 400],
  ['text', 400],
] as const)('in JSON, %j is refused by %i', async (resource, status) => {
  const response = await openPaidWorld().send('/x402/access', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resource }),
  })
  expect(response.status).toBe(status)
})

test('a proof for a cheap route buys nothing of a dear one at the same address', async () => {
  const world = openPaidWorld()
  const buyer = createBuyer(world)
  const target = '/pictures/1'
  // The seller's own code picks the price, by something that no offer binds.
  const [small, large] = [
    world.handler.addRoute({ routeId: 'small', unitAmount: '$0.01' }),
    world.handler.addRoute({ routeId: 'large', unitAmount: '$1.00' }),
  ]
  const ask = (route: typeof small, headers = {}) =>
    world.handler.sell(
      { request: new Request(`${origin}/`, { headers }), target },
      { route, fetchResource: async () => new Response(route.routeId) },
    )
  const { challengeId } = (await (await ask(small)).json()) as { challengeId: string }
  const txHash = buyer.transfer(10_000n)
  const payerSignature = fakeSignature(buyer.account, payerProofMessage(challengeId, txHash))
  const proof = btoa(JSON.stringify({ challengeId, txHash, payerSignature }))
  const headers = { 'payment-proof': proof }
  const dear = await ask(large, headers)
  expect([dear.status, await codeOf(dear)]).toEqual([409, 'REQUEST_CONFLICT'])
  const cheap = await ask(small, headers)
  expect([cheap.status, await cheap.text()]).toEqual([200, 'small'])
  expect((await ask(large, headers)).status).toBe(409)
})

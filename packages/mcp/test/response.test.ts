import { encodePaymentRequired } from '@key0/x402'
import { expect, test } from 'vitest'
import { writeResponse } from '../src/answer/writeResponse.ts'

const uri = 'https://pay.example/photos/7'
const typed = (body: string | null, type: string, status = 200): Response =>
  new Response(body, { status, headers: { 'content-type': type } })

const inHeader = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64')

test.each<readonly [string, Response, object]>([
  [
    'data',
    typed('{"a":1}', 'application/json'),
    { content: [{ type: 'text', text: '{"a":1}' }], structuredContent: { a: 1 } },
  ],
  ['a list', typed('[1]', 'application/vnd.x+json'), { content: [{ type: 'text', text: '[1]' }] }],
  ['no JSON', typed('{', 'application/json'), { content: [{ type: 'text', text: '{' }] }],
  [
    'text',
    typed('hello', 'text/plain; charset=utf-8'),
    { content: [{ type: 'text', text: 'hello' }] },
  ],
  ['an image', typed('x', 'image/png'), { content: [{ type: 'image', mimeType: 'image/png' }] }],
  [
    'anything else',
    new Response(new Uint8Array([0, 255])),
    { content: [{ type: 'resource', resource: { uri, blob: 'AP8=' } }] },
  ],
  ['nothing', new Response(null, { status: 204 }), { content: [{ type: 'resource' }] }],
])('%s that was bought is content of its kind', async (_, response, result) => {
  const written = await writeResponse(response, uri)
  expect(written).toMatchObject(result)
  expect(written.isError).toBeUndefined()
})

test('what is too long is cut, and says so', async () => {
  const { _meta, content } = await writeResponse(typed('x'.repeat(2 ** 21), 'text/plain'), uri)
  expect(_meta).toEqual({ 'key0/truncated': true })
  expect(content[0]?.type === 'text' && content[0].text.length).toBe(2 ** 20)
})

test('a payer whose stream breaks off gets what came, and the receipt', async () => {
  const settled = {
    success: true,
    transaction: `0x${'5e'.repeat(32)}`,
    network: 'eip155:84532',
    payer: `0x${'70'.repeat(20)}`,
  }
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(new TextEncoder().encode('data: 1')),
    pull: (stream) => stream.error(new Error('gone')),
  })
  const headers = { 'content-type': 'text/event-stream', 'payment-response': inHeader(settled) }
  expect(await writeResponse(new Response(body, { headers }), uri)).toEqual({
    content: [{ type: 'text', text: 'data: 1' }],
    _meta: { 'x402/payment-response': settled, 'key0/truncated': true },
  })
})

test('a refusal keeps its members and when to come back; what is none of ours tells nothing', async () => {
  const problem = typed(
    '{"code":"SETTLEMENT_PENDING","status":503}',
    'application/problem+json',
    503,
  )
  problem.headers.set('retry-after', '2')
  expect(await writeResponse(problem, uri)).toMatchObject({
    ...{ isError: true, structuredContent: { code: 'SETTLEMENT_PENDING', retryAfterSeconds: 2 } },
  })
  expect(await writeResponse(typed('<h1>no</h1>', 'text/html', 502), uri)).toMatchObject({
    ...{ isError: true, structuredContent: {} },
  })
})

test('an offer is what the header says, whatever the body says to version 1', async () => {
  const offer = {
    x402Version: 2 as const,
    resource: { url: uri },
    accepts: [
      {
        ...{
          scheme: 'exact',
          network: 'eip155:84532' as const,
          amount: '1',
          maxTimeoutSeconds: 60,
        },
        ...{ asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e' as const, extra: {} },
        payTo: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' as const,
      },
    ],
  }
  const body = { x402Version: 1, accepts: [{ maxAmountRequired: '1' }], code: 'PAYMENT_REQUIRED' }
  const response = typed(
    JSON.stringify({ ...body, paymentRequired: offer }),
    'application/json',
    402,
  )
  response.headers.set('payment-required', encodePaymentRequired(offer))
  const asked = { ...offer, code: 'PAYMENT_REQUIRED' }
  expect(await writeResponse(response, uri)).toMatchObject({
    ...{ isError: true, structuredContent: asked, _meta: { 'x402/error': asked } },
  })
})

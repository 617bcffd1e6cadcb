import { createServer } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { createHttpWorld, listen } from '@key0/conformance/http'
import { createHttpHandler, type HttpHandler, type Incoming } from '@key0/http'
import { afterEach, expect, test } from 'vitest'
import { createListener, type NodeRequest } from './createListener.ts'
import { keepRawBody } from './provideBody.ts'

const closing: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of closing.splice(0)) await each[Symbol.asyncDispose]()
})

/** A server on which something reads the body before Key0 does. */
async function open(before: (request: NodeRequest, bytes: Buffer) => void): Promise<string> {
  const { engine, seller } = createHttpWorld()
  const listener = createListener(createHttpHandler({ engine, seller }))
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    before(request, Buffer.concat(chunks))
    listener.answer(request, response).catch((error: { code: string }) => {
      response.writeHead(500).end(error.code)
    })
  })
  const opened = await listen(server)
  closing.push(opened)
  return opened.origin
}

const ask = (origin: string): Promise<Response> =>
  fetch(`${origin}/x402/access`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"planId":"basic"}',
  })

test('a body that somebody read and kept is read from its bytes', async () => {
  const origin = await open((request, bytes) => keepRawBody(request, undefined, bytes))
  expect((await ask(origin)).status).toBe(402)
})

test('a body of which only the parsed form is left is written again', async () => {
  const origin = await open((request, bytes) =>
    Object.assign(request, { body: JSON.parse(bytes.toString()) }),
  )
  expect((await ask(origin)).status).toBe(402)
})

test.each<[string, (request: NodeRequest, bytes: Buffer) => void]>([
  ['kept', (request, bytes) => keepRawBody(request, undefined, bytes)],
  ['parsed', (request, bytes) => Object.assign(request, { body: JSON.parse(`${bytes}`) })],
])(
  'a body that came compressed and was %s in plain is called compressed no more',
  async (_, keep) => {
    const origin = await open((request, bytes) => keep(request, gunzipSync(bytes)))
    const response = await fetch(`${origin}/x402/access`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync('{"planId":"basic"}'),
    })
    expect(response.status).toBe(402)
  },
)

test('a body that was kept as it came, compressed, is still called so', async () => {
  const origin = await open((request, bytes) => keepRawBody(request, undefined, bytes))
  const response = await fetch(`${origin}/x402/access`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    body: gzipSync('{"planId":"basic"}'),
  })
  expect(response.status).toBe(415)
})

test('a body of which nothing is left is a mistake of the server’s, and says which', async () => {
  const response = await ask(await open(() => {}))
  expect(await response.text()).toBe('RAW_BODY_MISSING')
})

test('GET has no body to miss', async () => {
  const origin = await open(() => {})
  expect((await fetch(`${origin}/discover`)).status).toBe(200)
})

test.each([
  ['/x402/access?x=1', true],
  ['http://evil.example/x402/access', true],
  ['//x402/access', false],
  ['*', false],
  ['http://', false],
])('whether the target %s is ours: %s', (url, ours) => {
  const { engine, seller } = createHttpWorld()
  const { matches } = createListener(createHttpHandler({ engine, seller }))
  expect(matches({ url } as NodeRequest)).toBe(ours)
})

test('who asks is whom the framework names, and else the connection', async () => {
  const receive = async ({ caller = 'nobody' }: Incoming): Promise<Response> => new Response(caller)
  const listener = createListener({ receive } as HttpHandler)
  const server = createServer((request, response) => {
    const { 'x-forwarded-for': ip } = request.headersDistinct
    void listener.answer(Object.assign(request, { ip: ip?.[0] }), response)
  })
  const { origin, ...opened } = await listen(server)
  closing.push(opened)
  const forwarded = { headers: { 'x-forwarded-for': '203.0.113.9' } }
  expect(await (await fetch(origin, forwarded)).text()).toBe('203.0.113.9')
  expect(await (await fetch(origin)).text()).toMatch(/^(?:::ffff:)?127\.0\.0\.1$|^::1$/)
})

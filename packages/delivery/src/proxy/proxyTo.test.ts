import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliDecompressSync, gzipSync } from 'node:zlib'
import type { RouteRequest, ServeRequest } from '@key0/core'
import { afterEach, expect, test } from 'vitest'
import type { ProxyOptions } from './ProxyOptions.ts'
import { proxyTo } from './proxyTo.ts'

const everyByte = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte))
const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

type Asked = { readonly request: IncomingMessage; readonly body: Buffer }

/** A real server, what it was asked, and a proxy to it. */
async function open(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  options: Partial<ProxyOptions> = {},
) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({ request, body: Buffer.concat(chunks) })
      answer(response, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const baseUrl = `http://127.0.0.1:${port}`
  const fetchResource = proxyTo({ baseUrl, ...options })
  opened.push(
    () => fetchResource.close(),
    async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  )
  const ask = (request: Partial<RouteRequest> = {}, headers: Record<string, string> = {}) =>
    fetchResource({
      ...{ method: 'GET', path: '/a', query: '', headers: new Headers(headers) },
      signal: new AbortController().signal,
      ...request,
    })
  return { ask, asked, server, baseUrl, port }
}

const paid: ServeRequest = {
  ...{ challengeId: 'http-1', requestId: 'request-1', routeId: 'GET /é' },
  resource: { method: 'GET', path: '/a', query: '' },
  ...{ amount: '$0.10', amountRaw: 100_000n, chainId: 84_532 },
  txHash: `0x${'1'.repeat(64)}`,
  fromAddress: `0x${'2'.repeat(40)}`,
  idempotencyKey: 'auth:1',
}

const raw = ({ request }: Asked): string => request.rawHeaders.join('\n').toLowerCase()

test('method, path, query, body and headers arrive as they were', async () => {
  const { ask, asked } = await open((response) => response.end('ok'))
  const query = 'a=%2F&b=+&c=%22x%22&&d'
  await ask({ method: 'PUT', path: '/caf%C3%A9/a;b@c:d', query, body: everyByte }, { 'x-a': 'b' })
  const [one] = asked
  expect(one?.request.method).toBe('PUT')
  expect(one?.request.url).toBe(`/caf%C3%A9/a;b@c:d?${query}`)
  expect(one?.request.headers['x-a']).toBe('b')
  expect(one?.body).toEqual(everyByte)
})

test('a body that is a stream arrives whole', async () => {
  const { ask, asked } = await open((response) => response.end())
  const body = new Blob([everyByte, everyByte]).stream() as ReadableStream<Uint8Array>
  await ask({ method: 'POST', body })
  expect(asked[0]?.body).toEqual(Buffer.concat([everyByte, everyByte]))
})

test('status, headers and bytes come back as they were', async () => {
  const { ask } = await open((response) => {
    response.writeHead(203, [
      ...['content-type', 'application/x', 'set-cookie', 'a=1', 'set-cookie', 'b=2'],
      ...['x-utf8', Buffer.from('é€').toString('latin1'), 'x-up', 'http://10.0.0.1/'],
    ])
    response.end(everyByte)
  })
  const response = await ask()
  expect(response.status).toBe(203)
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(Buffer.from(response.headers.get('x-utf8') ?? '', 'latin1').toString()).toBe('é€')
  expect(Buffer.from(await response.arrayBuffer())).toEqual(everyByte)
})

test('compressed bytes stay compressed', async () => {
  const body = gzipSync(everyByte)
  const { ask } = await open((response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length })
    response.end(body)
  })
  const response = await ask()
  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect(Buffer.from(await response.arrayBuffer())).toEqual(body)
  expect(() => brotliDecompressSync(body)).toThrow()
})

test('long and chunked answers come back whole', async () => {
  const { ask } = await open((response) => {
    for (let part = 0; part < 400; part += 1) response.write(everyByte)
    response.end()
  })
  expect((await (await ask()).arrayBuffer()).byteLength).toBe(400 * 256)
})

test.each([301, 302, 307, 308])('a redirect (%i) is passed on and not followed', async (status) => {
  const { ask, asked } = await open((response) => {
    response.writeHead(status, { location: 'http://169.254.169.254/latest' }).end()
  })
  const response = await ask()
  expect([response.status, response.headers.get('location')]).toEqual([
    status,
    'http://169.254.169.254/latest',
  ])
  expect(asked).toHaveLength(1)
})

test('what belongs to a connection, to a payment or to us does not pass to the server', async () => {
  const { ask, asked, port } = await open((response) => response.end(), {
    headers: { 'x-api-key': 'sellers own' },
    proxySecret: 'a secret of sixteen'.replaceAll(' ', '-'),
  })
  await ask(
    { paid },
    {
      ...{ 'payment-signature': 'leak', 'x-payment': 'leak', 'payment-x': 'leak' },
      ...{ 'x-payment-response': 'leak', 'sign-in-with-x': 'leak', authorization: 'x402 leak' },
      ...{ connection: 'x-hop, keep-alive', 'x-hop': 'leak', 'keep-alive': 'leak', te: 'leak' },
      ...{ 'x-key0-internal-token': 'leak', 'x-key0-payer': 'leak', 'x-api-key': 'leak' },
      ...{ host: 'leak.example', 'x-forwarded-host': 'leak', 'x-forwarded-for': 'leak' },
      ...{ forwarded: 'leak', 'x-real-ip': 'leak', 'x-original-url': '/leak' },
      ...{ 'x-http-method-override': 'leak', 'idempotency-key': 'leak', 'if-none-match': 'leak' },
      ...{ 'if-modified-since': 'leak', 'proxy-authorization': 'leak', expect: 'leak' },
      ...{ range: 'leak', 'if-range': 'leak', accept: 'image/x' },
    },
  )
  const [one] = asked
  expect(one && raw(one)).not.toContain('leak')
  expect(one?.request.headers).toMatchObject({
    ...{ host: `127.0.0.1:${port}`, 'x-api-key': 'sellers own' },
    ...{ 'x-key0-internal-token': 'a-secret-of-sixteen', accept: 'image/x' },
    ...{ 'idempotency-key': 'auth:1', 'x-key0-payer': paid.fromAddress },
    ...{ 'x-key0-tx-hash': paid.txHash, 'x-key0-amount': '100000' },
  })
})

test('a header is kept back however its dashes are spelt', async () => {
  // CGI, WSGI, Rack and PHP make one variable of each of these and the name with dashes.
  const { ask, asked } = await open((response) => response.end(), {
    headers: { 'x-api-key': 'sellers own', tenant_id: 'sellers own' },
  })
  const forged = {
    ...{ x_key0_payer: 'leak', 'x-key0_tx_hash': 'leak', x_key0_internal_token: 'leak' },
    ...{ x_api_key: 'leak', 'tenant-id': 'leak', x_http_method_override: 'leak' },
    ...{ x_method_override: 'leak', x_forwarded_for: 'leak', payment_signature: 'leak' },
    ...{ idempotency_key: 'leak', if_none_match: 'leak', 'x.key0.payer': 'leak' },
  }
  for (const request of [{}, { paid }]) await ask(request, { ...forged, 'x-mine': 'passes' })
  for (const one of asked) {
    expect(raw(one)).not.toContain('leak')
    expect(one.request.headers).toMatchObject({
      ...{ 'x-api-key': 'sellers own', tenant_id: 'sellers own', 'x-mine': 'passes' },
    })
  }
  expect(asked).toHaveLength(2)
})

test('a free request keeps its conditions, its credentials and its own idempotency key', async () => {
  const { ask, asked } = await open((response) => response.writeHead(304).end())
  const headers = {
    'if-none-match': '"1"',
    range: 'bytes=0-1',
    authorization: 'Bearer t',
    'idempotency-key': 'k',
  }
  const response = await ask({}, headers)
  expect(asked[0]?.request.headers).toMatchObject(headers)
  expect([response.status, response.body]).toEqual([304, null])
})

test('what belongs to the server’s connection does not come back', async () => {
  const { ask } = await open((response) => {
    response.writeHead(200, { connection: 'x-hop', 'x-hop': '1', 'alt-svc': 'h3=":1"' })
    response.end('x')
  })
  const { headers } = await ask()
  expect([...headers.keys()].toSorted()).toEqual(['date'])
})

test('HEAD has no body and keeps the length it told', async () => {
  const { ask } = await open((response) => response.writeHead(200, { 'content-length': 9 }).end())
  const response = await ask({ method: 'HEAD' })
  expect([response.body, response.headers.get('content-length')]).toEqual([null, '9'])
})

test('events pass as they come, and a reader that goes away ends the server’s work', async () => {
  let ended: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    ended = resolve
  })
  const { ask } = await open((response) => {
    response.on('close', ended)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  })
  const reader = (await ask()).body?.getReader()
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n')
  await reader?.cancel()
  await gone
})

test('an answer that is dropped unread ends quietly, whole or not', async () => {
  const thrown: unknown[] = []
  const note = (error: unknown): void => void thrown.push(error)
  process.on('uncaughtException', note)
  for (const whole of [true, false]) {
    const { ask } = await open((response) => {
      response.writeHead(500)
      if (whole) response.end('all of it')
      else response.write('begun')
    })
    const { body } = await ask()
    await body?.cancel()
    await new Promise((resolve) => setImmediate(resolve))
  }
  process.off('uncaughtException', note)
  expect(thrown).toEqual([])
})

test('who goes away before the answer ends the server’s work', async () => {
  let ended: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    ended = resolve
  })
  const abort = new AbortController()
  const { ask } = await open((response) => {
    response.on('close', ended)
    abort.abort()
  })
  await expect(ask({ signal: abort.signal })).rejects.toThrow('aborted')
  await gone
})

test('a server that is silent, or breaks off, is no answer', async () => {
  const silent = await open(() => {}, { timeoutMs: 50 })
  await expect(silent.ask()).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' })
  const cut = await open((response) => {
    response.writeHead(200, { 'content-length': 1_000_000 })
    response.write('half', () => response.destroy())
  })
  const response = await cut.ask()
  await expect(response.arrayBuffer()).rejects.toThrow()
})

test('a safe request whose kept connection was closed is sent once more, another one is not', async () => {
  let first = true
  const { ask, asked } = await open((response, { socket }) => {
    if (!first) return void response.end('ok')
    first = false
    socket.destroy()
  })
  expect(await (await ask()).text()).toBe('ok')
  expect(asked).toHaveLength(2)
  first = true
  await expect(ask({ method: 'POST', body: everyByte })).rejects.toThrow()
  expect(asked).toHaveLength(3)
})

test('a path under the base, and one that is rewritten', async () => {
  const seen: (string | undefined)[] = []
  const { baseUrl } = await open((response, { url }) => {
    seen.push(url)
    response.end()
  })
  const ask = async (options: Partial<ProxyOptions>, path: string) => {
    const fetchResource = proxyTo({ baseUrl, ...options })
    const { signal } = new AbortController()
    const asked = fetchResource({ method: 'GET', path, query: 'q', headers: new Headers(), signal })
    await asked.finally(() => fetchResource.close())
  }
  await ask({ baseUrl: `${baseUrl}/v1/` }, '/a')
  await ask({ rewritePath: (path) => path.replace('/public', '/internal') }, '/public/a')
  for (const path of [
    '//evil.example/x',
    '/a/../b',
    'evil',
    '/a?b',
    '/a b',
    'http://evil/',
    '/\\e',
  ])
    await expect(ask({ rewritePath: () => path }, '/a')).rejects.toThrow('made no path')
  expect(seen).toEqual(['/v1/a?q', '/internal/a?q'])
})

test.each([
  ['baseUrl', { baseUrl: 'ftp://x' }],
  ['baseUrl', { baseUrl: 'http://user:secret@x' }],
  ['baseUrl', { baseUrl: 'http://x/?a=1' }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['proxySecret', { proxySecret: 'short' }],
  ['headers', { headers: { 'x-a': 'line\r\nbreak' } }],
] as const)('a wrong %s is named, and not repeated', (name, wrong) => {
  const make = () => proxyTo({ baseUrl: 'http://127.0.0.1:1', ...wrong })
  expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  expect(make).toThrow(
    expect.objectContaining({
      facts: { [name]: expect.not.stringMatching(/secret@|short|break/) },
    }),
  )
})

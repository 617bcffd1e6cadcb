import { createServer, request as send } from 'node:http'
import { Readable } from 'node:stream'
import { listen } from '@key0/conformance/http'
import type { Incoming } from '@key0/http'
import { afterEach, describe, expect, test } from 'vitest'
import type { Key0Payment, RouteGate, Serve } from '../route/createRouteGate.ts'
import type { NodeRequest } from './createListener.ts'
import { type NodeRoute, serveRoute } from './serveRoute.ts'

const closing: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of closing.splice(0)) await each[Symbol.asyncDispose]()
})

const payment = { txHash: '0x01' } as unknown as Key0Payment
const MAX_BYTES = 1_000

/** What a gate would sell, without the selling: that is proven where it is done. */
type Sell = (incoming: Incoming, serve: Serve) => Promise<Response>
const sells: Sell = (_, serve) => serve(payment)

type Handler = (request: NodeRequest, response: NodeRoute['response']) => unknown

async function open(sell: Sell, handler: Handler): Promise<string> {
  const gate: RouteGate = Object.assign(sell, {
    maxRequestBytes: MAX_BYTES,
    ready: async () => {},
  })
  const server = createServer((request, response) => {
    response.setHeader('x-before', 'kept')
    const run = (): void => void handler(request, response)
    const route = { request, response, target: request.url ?? '', run }
    serveRoute(gate, route).catch((error: Error) => response.end(error.message))
  })
  const opened = await listen(server)
  closing.push(opened)
  return opened.origin
}

type Body = string | ReadableStream

const post = (origin: string, body: Body): Promise<Response> =>
  fetch(origin, { method: 'POST', body, ...{ duplex: 'half' } })

describe('a body is looked at and left', () => {
  const echo: Handler = async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    response.end(Buffer.concat(chunks))
  }
  const echoByEvents: Handler = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => response.end(Buffer.concat(chunks)))
  }

  test.each([
    ['whole', () => 'body'],
    [
      'in pieces',
      () => Readable.toWeb(Readable.from(['bo', 'dy'].map(Buffer.from))) as unknown as Body,
    ],
    ['of nothing', () => ''],
  ])('%s', async (_, body) => {
    for (const handler of [echo, echoByEvents]) {
      let seen: Uint8Array | undefined
      const sell: Sell = (incoming, serve) => {
        seen = incoming.body
        return serve(payment)
      }
      const answer = await (await post(await open(sell, handler), body())).text()
      expect(Buffer.from(seen ?? []).toString()).toBe(answer)
      expect(['body', '']).toContain(answer)
    }
  })

  test('that is too long is handed on to be refused, and no more of it is read', async () => {
    let handed = 0
    const sell: Sell = async ({ body }) => {
      handed = body?.length ?? 0
      return new Response(null, { status: 413 })
    }
    const origin = await open(sell, () => {})
    expect((await post(origin, 'x'.repeat(MAX_BYTES + 1))).status).toBe(413)
    expect(handed).toBe(MAX_BYTES + 1)
  })

  test('that breaks off is sold to nobody', async () => {
    let asked = false
    const origin = await open(async () => {
      asked = true
      return new Response()
    }, echo)
    const failed = Promise.withResolvers<void>()
    const sending = send(origin, { method: 'POST', headers: { 'content-length': '10' } })
    sending.on('error', () => failed.resolve())
    sending.write('half', () => sending.destroy())
    await failed.promise
    expect(asked).toBe(false)
  })
})

test('the target is the client’s own, without the host that an absolute one names', async () => {
  const targets: (string | undefined)[] = []
  const origin = await open(
    async ({ target }) => {
      targets.push(target)
      return new Response()
    },
    () => {},
  )
  for (const path of ['/a/%2e%2e/b?x=1', 'http://evil.example/c?y=2', 'http://evil.example']) {
    const answered = Promise.withResolvers<void>()
    const { hostname, port } = new URL(origin)
    send({ hostname, port, path }, (response) =>
      response.resume().on('end', answered.resolve),
    ).end()
    await answered.promise
  }
  expect(targets).toEqual(['/a/%2e%2e/b?x=1', '/c?y=2', '/'])
})

test('a handler sees no condition and no range, wherever it looks', async () => {
  const seen: string[] = []
  const origin = await open(sells, (request, response) => {
    const { headers, rawHeaders, headersDistinct } = request
    seen.push(JSON.stringify([headers, rawHeaders, headersDistinct]).toLowerCase())
    response.end()
  })
  const headers = { 'If-None-Match': '"1"', Range: 'bytes=0-1', 'If-Range': '"1"', 'X-Own': 'kept' }
  await fetch(origin, { headers })
  expect(seen).toHaveLength(1)
  expect(seen[0]).toContain('x-own')
  expect(seen[0]).not.toMatch(/if-none-match|range/)
})

describe('what a handler writes is caught', () => {
  const caught = async (handler: Handler): Promise<Response> =>
    fetch(await open(sells, (_, response) => handler(_, response)))

  test('by writeHead, write and end, in text and bytes, with callbacks', async () => {
    const told: string[] = []
    const response = await caught((_, raw) => {
      raw.writeHead(201, 'Made', { 'x-one': '1' })
      raw.write('c3BsaXQ=', 'base64', () => told.push('written'))
      raw.write(Buffer.from(' and '))
      raw.end('joined', () => told.push('ended'))
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('x-one')).toBe('1')
    expect(response.headers.get('x-before')).toBe('kept')
    expect(await response.text()).toBe('split and joined')
    expect(told).toEqual(['written', 'ended'])
  })

  test('by headers in one list, cookies apart', async () => {
    const response = await caught((_, raw) => {
      raw.setHeader('set-cookie', ['a=1', 'b=2'])
      raw.writeHead(200, ['x-one', '1', 'x-two', '2'])
      raw.end()
    })
    expect([response.headers.get('x-one'), response.headers.get('x-two')]).toEqual(['1', '2'])
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  test('without a body', async () => {
    const response = await caught((_, raw) => raw.writeHead(204).end())
    expect([response.status, await response.text()]).toEqual([204, ''])
  })

  test('by a pipe, no faster than it is read', async () => {
    const chunk = Buffer.alloc(16_384, 'x')
    let written = 0
    const source = Readable.from(
      (function* () {
        for (; written < 100; written += 1) yield chunk
      })(),
    )
    let early = 0
    const origin = await open(
      async (_, serve) => {
        const response = await serve(payment)
        await new Promise((done) => setImmediate(done))
        early = written
        return response
      },
      (_, raw) => source.pipe(raw),
    )
    const response = await fetch(origin)
    expect((await response.arrayBuffer()).byteLength).toBe(100 * chunk.length)
    expect(early).toBeLessThan(50)
  })

  test('and nothing of it is sent when something else is answered', async () => {
    const origin = await open(
      async (_, serve) => {
        await (await serve(payment)).text()
        return Response.json({ code: 'DELIVERY_FAILED' }, { status: 502 })
      },
      (_, raw) => {
        raw.setHeader('x-handler', 'leaks')
        raw.setHeader('content-encoding', 'gzip')
        raw.writeHead(500).end('secret')
      },
    )
    const response = await fetch(origin)
    expect(response.headers.get('x-handler')).toBeNull()
    expect(response.headers.get('x-before')).toBe('kept')
    expect([response.status, await response.json()]).toEqual([502, { code: 'DELIVERY_FAILED' }])
  })
})

test('a handler that answers after it was given up hurts nobody', async () => {
  const late = Promise.withResolvers<void>()
  const origin = await open(
    async (_, serve) => {
      void serve(payment)
      return new Response('given up', { status: 502 })
    },
    async (_, raw) => {
      try {
        while (!raw.writableFinished) await new Promise((done) => setImmediate(done))
        raw.setHeader('x-late', '1')
        raw.removeHeader('x-late')
        raw.writeHead(200, { 'x-late': '2' })
        raw.write('late')
        raw.end('later')
        late.resolve()
      } catch (error) {
        late.reject(error)
      }
    },
  )
  const response = await fetch(origin)
  expect([response.status, await response.text()]).toEqual([502, 'given up'])
  await late.promise
})

describe('a handler that breaks its answer off', () => {
  const breaks: readonly (readonly [how: string, breakOff: Handler])[] = [
    ['by the response', (_, response) => response.destroy()],
    ['by the socket', ({ socket }) => socket.destroy()],
  ]

  test.each(breaks)('%s, before it began, is known at once', async (_, breakOff) => {
    const sell: Sell = (_incoming, serve) =>
      serve(payment).catch((error: Error) => new Response(error.message, { status: 502 }))
    const response = await fetch(await open(sell, breakOff))
    expect([response.status, await response.text()]).toEqual([
      502,
      'the handler closed the connection',
    ])
  })

  test.each(breaks)('%s, shows the buyer of a stream that it is not whole', async (_, breakOff) => {
    const seen = Promise.withResolvers<void>()
    const handler: Handler = async (request, response) => {
      response.write('half')
      await seen.promise
      breakOff(request, response)
    }
    const response = await fetch(await open(sells, handler))
    const reader = response.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('half')
    seen.resolve()
    await expect(reader?.read()).rejects.toThrow()
  })

  test('and has a head no more than anybody whose body has begun', async () => {
    const codes: unknown[] = []
    const attempt = (change: () => unknown): void => {
      try {
        change()
      } catch (error) {
        codes.push((error as NodeJS.ErrnoException).code)
      }
    }
    const origin = await open(sells, (_, raw) => {
      codes.push(raw.headersSent)
      raw.write('begun')
      codes.push(raw.headersSent)
      attempt(() => raw.setHeader('x-late', '1'))
      attempt(() => raw.writeHead(500))
      attempt(() => raw.writeHead(200))
      raw.end()
    })
    const response = await fetch(origin)
    expect([response.status, await response.text()]).toEqual([200, 'begun'])
    expect(codes).toEqual([false, true, 'ERR_HTTP_HEADERS_SENT', 'ERR_HTTP_HEADERS_SENT'])
  })
})

test('a client that hangs up is noticed, and ends what is sent to it', async () => {
  const cancelled = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<void>()
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1_024)),
    cancel: () => cancelled.resolve(),
  })
  const origin = await open(
    async ({ signal }) => {
      signal?.addEventListener('abort', () => aborted.resolve())
      return new Response(endless)
    },
    () => {},
  )
  const sending = send(origin, (response) => response.once('data', () => sending.destroy()))
  sending.on('error', () => {}).end()
  await Promise.all([cancelled.promise, aborted.promise])
})

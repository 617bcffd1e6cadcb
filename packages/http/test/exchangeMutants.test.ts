import { createAdaptorServer } from '@hono/node-server'
import { createHttpWorld, exchanges, listen, runExchange } from '@key0/conformance/http'
import { describe, expect, test } from 'vitest'
import { createHttpHandler, type HttpHandler } from '../src/exports/index.ts'

type Fetch = (request: Request) => Promise<Response>

/** Rebuilds an answer with something changed, as an adapter that copies by hand does. */
async function copy(
  response: Response,
  change: (headers: Headers) => void,
  status = response.status,
): Promise<Response> {
  const headers = new Headers(response.headers)
  change(headers)
  const body = status === 204 ? null : await response.arrayBuffer()
  return new Response(body, { status, headers })
}

const dropping =
  (name: string) =>
  (handler: HttpHandler): Fetch =>
  async (request) =>
    copy(await handler(request), (headers) => headers.delete(name))

const withBody = (request: Request, body: string | null): Request =>
  new Request(request.url, {
    method: request.method,
    headers: [...request.headers].filter(([name]) => name !== 'content-length'),
    ...(body !== null && !['GET', 'HEAD'].includes(request.method) && { body }),
  })

/** Adapters with one realistic bug each. */
const mutants: Readonly<Record<string, (handler: HttpHandler) => Fetch>> = {
  'drops PAYMENT-RESPONSE': dropping('payment-response'),
  'adds WWW-Authenticate': (handler) => async (request) =>
    copy(await handler(request), (headers) => headers.set('www-authenticate', 'x402')),
  'drops CORS headers': dropping('access-control-allow-origin'),
  'drops Retry-After': dropping('retry-after'),
  'drops Allow': dropping('allow'),
  'lets answers be cached': dropping('cache-control'),
  'answers every refusal with 200': (handler) => async (request) => {
    const response = await handler(request)
    return copy(response, () => {}, response.status === 204 ? 204 : 200)
  },
  'parses bodies and writes them again': (handler) => async (request) => {
    const text = await request.text()
    const parsed = text && request.headers.get('content-type')?.includes('json')
    try {
      return await handler(withBody(request, parsed ? JSON.stringify(JSON.parse(text)) : text))
    } catch {
      return new Response('Bad Request', { status: 400 })
    }
  },
  'hands on no body': (handler) => async (request) => handler(withBody(request, null)),
  'answers a preflight with a 402': (handler) => async (request) =>
    request.method === 'OPTIONS'
      ? handler(withBody(new Request(request, { method: 'POST' }), '{"planId":"basic"}'))
      : handler(request),
  'joins no repeated headers, and keeps the last': (handler) => async (request) => {
    const given = request.headers.get('payment-signature')
    const headers = new Headers(request.headers)
    if (given?.includes(', ')) headers.set('payment-signature', `${given.split(', ').at(-1)}`)
    return handler(new Request(request, { headers }))
  },
  'forgets the query': (handler) => async (request) => {
    const { origin, pathname } = new URL(request.url)
    return handler(new Request(origin + pathname, request))
  },
  'decodes the path before it is matched': (handler) => async (request) => {
    const url = new URL(request.url)
    url.pathname = decodeURIComponent(url.pathname)
    return handler(new Request(url, request))
  },
  'answers HEAD as GET': (handler) => async (request) =>
    request.method === 'HEAD'
      ? copy(await handler(new Request(request, { method: 'GET' })), (headers) =>
          headers.delete('content-type'),
        )
      : handler(request),
  'answers errors with a page of its own': (handler) => async (request) => {
    const response = await handler(request)
    return response.status >= 500 ? new Response('<h1>Oops</h1>', { status: 500 }) : response
  },
}

/** The first exchange that an adapter breaks. */
async function findBroken(mutant: (handler: HttpHandler) => Fetch): Promise<string | undefined> {
  for (const exchange of exchanges.filter(({ needs }) => needs === undefined)) {
    const world = createHttpWorld()
    const { engine, seller } = world
    const fetch = mutant(createHttpHandler({ engine, seller }))
    const server = createAdaptorServer({ fetch, overrideGlobalObjects: false })
    await using open = await listen(server)
    try {
      await runExchange(exchange, { world, origin: open.origin })
    } catch {
      return exchange.name
    }
  }
  return undefined
}

describe('an adapter that', () => {
  test.each(Object.entries(mutants))('%s breaks an exchange', async (_, mutant) => {
    expect(await findBroken(mutant)).toBeDefined()
  })
})

test('an adapter that does nothing wrong breaks none', async () => {
  expect(await findBroken((handler) => (request) => handler(request))).toBeUndefined()
})

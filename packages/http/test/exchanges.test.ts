import { createAdaptorServer } from '@hono/node-server'
import { answerFile, createHttpWorld, httpConformance, listen } from '@key0/conformance/http'
import { describe, test } from 'vitest'
import { createHttpHandler, type HttpHandler, type Incoming } from '../src/exports/index.ts'

type Answer = (request: Request) => Response | Promise<Response>

const everyByte = Uint8Array.from(Array.from({ length: 256 }, (_, at) => at))
const eventStream = { 'content-type': 'text/event-stream' }

/** What is handed on of a request. */
type Read = (request: Request) => Promise<Incoming>
const asItIs: Read = async (request) => ({ request })
const withItsBody: Read = async (request) => {
  const bytes = request.body && new Uint8Array(await request.arrayBuffer())
  return { request, ...(bytes && { body: bytes }) }
}

/** Sells what the exchanges ask for by the handler alone, without a framework. */
function sell(handler: HttpHandler, read: Read): Answer {
  let served = 0
  const goods: readonly (readonly [pattern: RegExp, unitAmount: string, answer: Answer])[] = [
    [
      /^(?:GET|HEAD) \/photos\/\d$/,
      '$0.10',
      () => Response.json({ id: '7', served: ++served }, { headers: { 'x-photo': '7' } }),
    ],
    [/^\w+ \/any$/, '$0.10', () => Response.json({ any: true })],
    [/^POST \/resize$/, '$0.20', async (request) => Response.json({ got: await request.json() })],
    [
      /^POST \/form$/,
      '$0.10',
      async (request) =>
        Response.json({ got: Object.fromEntries(new URLSearchParams(await request.text())) }),
    ],
    [
      /^GET \/file$/,
      '$0.10',
      ({ headers }) => {
        const { body, ...head } = answerFile((name) => headers.get(name))
        return new Response(body || null, head)
      },
    ],
    [
      /^GET \/bytes$/,
      '$0.10',
      () => new Response(everyByte, { headers: { 'content-type': 'application/octet-stream' } }),
    ],
    [
      /^GET \/events$/,
      '$0.10',
      () => new Response('data: one\n\ndata: two\n\n', { headers: eventStream }),
    ],
    [
      /^GET \/moved$/,
      '$0.10',
      () => new Response(null, { status: 302, headers: { location: '/' } }),
    ],
    [/^GET \/broken$/, '$0.10', () => new Response('secret', { status: 500 })],
  ]
  const sales = goods.map(([pattern, unitAmount, answer], at) => ({
    pattern,
    answer,
    route: handler.addRoute({ routeId: `good-${at}`, unitAmount }),
  }))
  return async (request) => {
    const { pathname } = new URL(request.url)
    const sale = sales.find(({ pattern }) => pattern.test(`${request.method} ${pathname}`))
    const incoming = await read(request)
    if (!sale) return handler.receive(incoming)
    const { route, answer } = sale
    return handler.sell(incoming, {
      route,
      fetchResource: async ({ method, headers, body }) =>
        answer(new Request(request.url, { method, headers, ...(body && { body }) })),
    })
  }
}

const serve = (fetch: Answer) =>
  listen(createAdaptorServer({ fetch, overrideGlobalObjects: false }))

describe.each([
  ['alone', asItIs],
  ['behind something that read every body', withItsBody],
])('%s', (_, read) => {
  httpConformance({
    test,
    offers: ['routes'],
    async rig() {
      const world = createHttpWorld()
      const { engine, seller } = world
      return { world, ...(await serve(sell(createHttpHandler({ engine, seller }), read))) }
    },
  })
})

/** A server's own paths, as they are without a framework. */
async function answerOwn(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/health') return Response.json({ ok: true })
  if (pathname === '/echo') return Response.json({ got: await request.json() })
  return new Response(null, { status: 404, headers: { 'content-type': 'text/plain' } })
}

describe('beside an app, whose own routes stay its own', () => {
  httpConformance({
    test,
    offers: ['app', 'catalog'],
    async rig() {
      const world = createHttpWorld()
      const handler = createHttpHandler(world)
      const fetch: Answer = (request) =>
        handler.matches(request) ? handler(request) : answerOwn(request)
      return { world, ...(await serve(fetch)) }
    },
  })
})

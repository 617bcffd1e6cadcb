import { createAdaptorServer } from '@hono/node-server'
import { createHttpWorld, httpConformance, listen } from '@key0/conformance/http'
import { test } from 'vitest'
import { createHttpHandler, type HttpHandler } from '../src/exports/index.ts'

type Answer = (request: Request) => Response | Promise<Response>

const everyByte = Uint8Array.from(Array.from({ length: 256 }, (_, at) => at))
const eventStream = { 'content-type': 'text/event-stream' }

/** Sells what the exchanges ask for by the handler alone, without a framework. */
function sell(handler: HttpHandler): Answer {
  let served = 0
  const goods: readonly (readonly [pattern: RegExp, unitAmount: string, answer: Answer])[] = [
    [
      /^GET \/photos\/\d$/,
      '$0.10',
      () => Response.json({ id: '7', served: ++served }, { headers: { 'x-photo': '7' } }),
    ],
    [/^\w+ \/any$/, '$0.10', () => Response.json({ any: true })],
    [/^POST \/resize$/, '$0.20', async (request) => Response.json({ got: await request.json() })],
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
    if (!sale) return handler(request)
    const { route, answer } = sale
    return handler.sell(
      { request },
      {
        route,
        fetchResource: async ({ body }) =>
          answer(new Request(request.url, { method: request.method, ...(body && { body }) })),
      },
    )
  }
}

httpConformance({
  test,
  offers: ['routes'],
  async rig() {
    const world = createHttpWorld()
    const { engine, seller } = world
    const fetch = sell(createHttpHandler({ engine, seller }))
    return {
      world,
      ...(await listen(createAdaptorServer({ fetch, overrideGlobalObjects: false }))),
    }
  },
})

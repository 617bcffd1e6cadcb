import { createAdaptorServer } from '@hono/node-server'
import { answerFile, createHttpWorld, httpConformance, listen } from '@key0/conformance/http'
import { createHttpHandler, type HttpHandler } from '@key0/http'
import { AccessTokenIssuer } from '@key0/token'
import { Hono, type MiddlewareHandler } from 'hono'
import { streamSSE } from 'hono/streaming'
import { describe, test } from 'vitest'
import { type Key0Middleware, key0, key0App, validateAccessToken } from '../src/exports/index.ts'

const secret = '3f1c5b7a9d2e4860b1c3d5e7f90a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a'

const everyByte = Uint8Array.from(Array.from({ length: 256 }, (_, at) => at))

/** Sells what the exchanges ask for, by every way there is to write an answer. */
function goods({ payPerRequest }: Key0Middleware): Hono {
  let served = 0
  const at = (routeId: string, unitAmount = '$0.10') => payPerRequest({ routeId, unitAmount })
  return new Hono()
    .get('/photos/:id', at('picture'), (c) => {
      served += 1
      c.header('x-photo', c.req.param('id'))
      return c.json({ id: c.req.param('id'), served })
    })
    .post('/resize', at('resize', '$0.20'), async (c) => c.json({ got: await c.req.json() }))
    .post('/form', at('form'), async (c) => c.json({ got: await c.req.parseBody() }))
    .get('/file', at('file'), (c) => {
      const { body, ...head } = answerFile((name) => c.req.header(name))
      return new Response(body || null, head)
    })
    .get('/bytes', at('bytes'), (c) =>
      c.body(everyByte, 200, { 'content-type': 'application/octet-stream' }),
    )
    .get('/events', at('events'), (c) =>
      streamSSE(c, async (stream) => {
        await stream.writeSSE({ data: 'one' })
        await stream.writeSSE({ data: 'two' })
      }),
    )
    .all('/any', at('any'), (c) => c.json({ any: true }))
    .get('/moved', at('moved'), (c) => c.redirect('/elsewhere'))
    .get('/broken', at('broken'), (c) => c.text('secret', 500, { 'x-broken': 'yes' }))
}

/** What every app here has besides Key0. */
function furnish(app: Hono, nowMs: () => number): Hono {
  const holders = (...planIds: string[]) => validateAccessToken({ secret, planIds, nowMs })
  return app
    .get('/health', (c) => c.json({ ok: true }))
    .post('/echo', async (c) => c.json({ got: await c.req.json() }))
    .get('/gold/1', holders('gold'), (c) => c.json({}))
    .get('/reports/1', holders('basic'), (c) => c.json({ paidBy: c.get('key0Token').txHash }))
}

const serve = ({ fetch }: Hono) => listen(createAdaptorServer({ fetch }))

function converse(build: (shop: Key0Middleware) => Hono): void {
  httpConformance({
    test,
    offers: ['tokens', 'app', 'routes'],
    async rig() {
      const world = createHttpWorld({
        mintToken: async (claims, nowMs) =>
          (await new AccessTokenIssuer(secret, { nowMs: () => nowMs }).sign(claims)).token,
      })
      const { engine, seller, nowMs } = world
      const shop = key0(createHttpHandler({ engine, seller }))
      const app = furnish(build(shop), nowMs).route('/', goods(shop))
      return { world, ...(await serve(app)) }
    },
  })
}

/** Answers the routes of a catalog, beside an app. */
function converseBeside(build: (shop: Key0Middleware) => Hono): void {
  httpConformance({
    test,
    offers: ['app', 'catalog'],
    async rig() {
      const world = createHttpWorld()
      const app = build(key0(createHttpHandler(world)))
      return { world, ...(await serve(furnish(app, world.nowMs))) }
    },
  })
}

describe('before everything else', () => {
  converse((shop) => new Hono().use(shop))
})

describe('beside an app, whose own routes stay its own', () => {
  converseBeside((shop) => new Hono().use(shop))
})

/** Reads every body by what it says it is, and fails at none. */
const readsAll: MiddlewareHandler = async ({ req }, next) => {
  const type = req.header('content-type') ?? ''
  const reading = type.includes('form') ? req.formData() : req.json()
  await reading.catch(() => {})
  await next()
}

describe('after a middleware that reads every body', () => {
  converse((shop) => new Hono().use(readsAll).use(shop))
})

describe('beside an app, after a middleware that reads every body', () => {
  converseBeside((shop) => new Hono().use(readsAll).use(shop))
})

describe.each<[string, (handler: HttpHandler) => Hono]>([
  ['an app', (handler) => new Hono().route('/pay', key0App(handler, { prefix: '/pay' }))],
  [
    'a middleware, after one that reads every body',
    (handler) => new Hono().use(readsAll).use('/pay/*', key0(handler, { prefix: '/pay' })),
  ],
])('mounted under a path as %s', (_, build) => {
  httpConformance({
    test,
    offers: ['catalog'],
    async rig() {
      const world = createHttpWorld()
      const server = await serve(build(createHttpHandler(world)))
      return { ...server, world, origin: `${server.origin}/pay` }
    },
  })
})

import { once } from 'node:events'
import { pipeline, Readable } from 'node:stream'
import { answerFile, createHttpWorld, httpConformance, listen } from '@key0/conformance/http'
import { createHttpHandler } from '@key0/http'
import { AccessTokenIssuer } from '@key0/token'
import { type FastifyInstance, fastify } from 'fastify'
import { describe, test } from 'vitest'
import { key0Plugin, validateAccessToken } from '../src/exports/index.ts'

const secret = '3f1c5b7a9d2e4860b1c3d5e7f90a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a'

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, at) => at))

/** Where a price is put: before the body is parsed, or after. */
type Hook = 'onRequest' | 'preHandler'

/** Sells what the exchanges ask for, by every way there is to write an answer. */
function sell(app: FastifyInstance, hook: Hook): void {
  let served = 0
  const at = (routeId: string, unitAmount = '$0.10') => ({
    [hook]: app.key0.payPerRequest({ routeId, unitAmount }),
  })
  app.get<{ Params: { id: string } }>('/photos/:id', at('picture'), ({ params: { id } }, reply) => {
    served += 1
    return reply.header('x-photo', id).send({ id, served })
  })
  app.post('/resize', at('resize', '$0.20'), async ({ body }) => ({ got: body }))
  app.post('/form', at('form'), async ({ body }) => ({ got: body }))
  app.get('/file', at('file'), ({ headers: given }, reply) => {
    const { status, headers, body } = answerFile((name) => given[name]?.toString())
    return reply.code(status).headers(headers).send(body)
  })
  app.get('/bytes', at('bytes'), (_, reply) =>
    reply
      .type('application/octet-stream')
      .send(Readable.from([everyByte.subarray(0, 100), everyByte.subarray(100)])),
  )
  app.get('/events', at('events'), (_, { raw }) => {
    raw.writeHead(200, { 'content-type': 'text/event-stream' })
    raw.write('data: one\n\n')
    setImmediate(() => raw.end('data: two\n\n'))
  })
  app.all('/any', at('any'), async () => ({ any: true }))
  app.get('/moved', at('moved'), (_, reply) => reply.redirect('/elsewhere'))
  app.get('/broken', at('broken'), (_, reply) =>
    reply.code(500).header('x-broken', 'yes').send('secret'),
  )
}

/** Answers that end otherwise than they began. */
function breakOff(app: FastifyInstance, hook: Hook): void {
  let served = 0
  const at = (routeId: string) => ({
    [hook]: app.key0.payPerRequest({ routeId, unitAmount: '$0.10' }),
  })
  app.get('/cut', at('cut'), (_, { raw }) => {
    pipeline(half(), raw, () => {})
  })
  app.get('/spoilt', at('spoilt'), (_, reply) => reply.type('application/json').send(half()))
  app.get('/excused', at('excused'), async (_, { raw }) => {
    raw.write('{"half":')
    await new Promise((done) => setImmediate(done))
    throw new Error('excused')
  })
  app.get('/left', at('left'), ({ raw: { socket } }, reply) => {
    async function* write() {
      yield '{ "whole": true, '
      reply.raw.writeProcessing()
      if (!socket.destroyed) await once(socket, 'close')
      served += 1
      yield `"served": ${served} }`
    }
    return reply.type('application/json').send(Readable.from(write()))
  })
}

/** A source that fails after its first piece. */
function half(): Readable {
  return Readable.from(
    (async function* () {
      yield '{"half":'
      await new Promise((done) => setImmediate(done))
      throw new Error('the source failed')
    })(),
  )
}

/** What every app here has besides Key0. */
function furnish(app: FastifyInstance, nowMs: () => number): void {
  const holders = (...planIds: string[]) => ({
    onRequest: validateAccessToken({ secret, planIds, nowMs }),
  })
  const form = 'application/x-www-form-urlencoded'
  app.addContentTypeParser(form, { parseAs: 'string' }, (_, text, done) => {
    done(null, Object.fromEntries(new URLSearchParams(`${text}`)))
  })
  app.get('/health', () => ({ ok: true }))
  app.post('/echo', ({ body }) => ({ got: body }))
  app.get('/gold/1', holders('gold'), () => ({}))
  app.get('/reports/1', holders('basic'), ({ key0Token }) => ({ paidBy: key0Token?.txHash }))
}

function converse(hook: Hook, except: Readonly<Record<string, string>> = {}): void {
  httpConformance({
    test,
    except,
    offers: ['tokens', 'app', 'routes', 'writes'],
    async rig() {
      const world = createHttpWorld({
        mintToken: async (claims, nowMs) =>
          (await new AccessTokenIssuer(secret, { nowMs: () => nowMs }).sign(claims)).token,
      })
      const { engine, seller, nowMs } = world
      const app = fastify()
      await app.register(key0Plugin, { key0: createHttpHandler({ engine, seller }) })
      furnish(app, nowMs)
      sell(app, hook)
      breakOff(app, hook)
      await app.ready()
      return { world, ...(await listen(app.server)) }
    },
  })
}

describe('before bodies are parsed', () => converse('onRequest'))

const parserLimit = 'Fastify’s own limit is 1 MiB, and refuses it first'

describe('after bodies were parsed', () => {
  converse('preHandler', {
    'route: a body of more than 1 MiB, announced, is refused before it has a price': parserLimit,
    'route: a body of more than 1 MiB, unannounced, is refused before it has a price': parserLimit,
  })
})

describe('beside an app, whose own routes stay its own', () => {
  httpConformance({
    test,
    offers: ['app', 'catalog'],
    async rig() {
      const world = createHttpWorld()
      const app = fastify()
      await app.register(key0Plugin, { key0: createHttpHandler(world) })
      furnish(app, world.nowMs)
      await app.ready()
      return { world, ...(await listen(app.server)) }
    },
  })
})

describe('mounted under a path', () => {
  httpConformance({
    test,
    offers: ['catalog'],
    async rig() {
      const world = createHttpWorld()
      const app = fastify()
      await app.register(key0Plugin, { key0: createHttpHandler(world), prefix: '/pay' })
      await app.ready()
      const server = await listen(app.server)
      return { ...server, world, origin: `${server.origin}/pay` }
    },
  })
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import {
  answerFile,
  createHttpWorld,
  type Feature,
  httpConformance,
  listen,
} from '@key0/conformance/http'
import { createHttpHandler } from '@key0/http'
import { AccessTokenIssuer } from '@key0/token'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { describe, test } from 'vitest'
import {
  type Key0Router,
  keepRawBody,
  key0Router,
  validateAccessToken,
} from '../src/exports/index.ts'

const secret = '3f1c5b7a9d2e4860b1c3d5e7f90a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a'

/** Sells what the exchanges ask for, by every way there is to write an answer. */
function sell(app: Express, { payPerRequest }: Key0Router): Express {
  let served = 0
  const at = (routeId: string, unitAmount = '$0.10') => payPerRequest({ routeId, unitAmount })
  return app
    .get('/photos/:id', at('picture'), (request, response) => {
      served += 1
      response.set('x-photo', `${request.params.id}`).json({ id: request.params.id, served })
    })
    .post('/resize', at('resize', '$0.20'), express.json(), (request, response) => {
      response.send({ got: readJson(request.body) })
    })
    .post('/form', at('form'), express.urlencoded(), (request, response) => {
      response.send({ got: readForm(request.body) })
    })
    .get('/file', at('file'), (request, response) => {
      const { status, headers, body } = answerFile((name) => request.get(name))
      response.status(status).set(headers).end(body)
    })
    .get('/bytes', at('bytes'), (_, response) => {
      response.type('application/octet-stream')
      Readable.from([everyByte.subarray(0, 100), everyByte.subarray(100)]).pipe(response)
    })
    .get('/events', at('events'), (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: one\n\n')
      setImmediate(() => response.end('data: two\n\n'))
    })
    .use('/any', at('any'), (_, response) => void response.end('{"any":true}'))
    .get('/moved', at('moved'), (_, response) => response.redirect('/elsewhere'))
    .get('/broken', at('broken'), (_, response) => {
      response.status(500).set('x-broken', 'yes').send('secret')
    })
}

/** What a parser made of a body, or left for the handler to make of it. */
const isLeft = (body: unknown): body is Buffer | string =>
  Buffer.isBuffer(body) || typeof body === 'string'
const readJson = (body: unknown): unknown => (isLeft(body) ? JSON.parse(`${body}`) : body)
const readForm = (body: unknown): unknown =>
  isLeft(body) ? Object.fromEntries(new URLSearchParams(`${body}`)) : body

/** Answers that end otherwise than they began. */
function breakOff(app: Express, { payPerRequest }: Key0Router): Express {
  const at = (routeId: string) => payPerRequest({ routeId, unitAmount: '$0.10' })
  let served = 0
  return app
    .get('/cut', at('cut'), (_, response) => {
      pipeline(half(), response, () => {})
    })
    .get(['/spoilt', '/excused'], at('spoilt'), (_, response, next) => {
      response.type('json').write('{"half":')
      setImmediate(() => next(new Error('spoilt')))
    })
    .use('/excused', ((_error, _request, response, _next) => {
      response.status(500).json('sorry')
    }) satisfies ErrorRequestHandler)
    .get('/left', at('left'), (request, response) => {
      const { socket } = request
      async function* write() {
        yield '{ "whole": true, '
        response.writeProcessing()
        if (!socket.destroyed) await once(socket, 'close')
        served += 1
        yield `"served": ${served} }`
      }
      pipeline(Readable.from(write()), response.type('json'), () => {})
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

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, at) => at))

/** What every app here has besides Key0. */
function furnish(app: Express, nowMs: () => number): Express {
  const holders = (...planIds: string[]) => validateAccessToken({ secret, planIds, nowMs })
  return app
    .get('/health', (_, response) => void response.json({ ok: true }))
    .post('/echo', express.json(), (request, response) => void response.json({ got: request.body }))
    .get('/gold/1', holders('gold'), (_, response) => void response.json({}))
    .get('/reports/1', holders('basic'), (request, response) => {
      response.json({ paidBy: request.key0Token?.txHash })
    })
}

function converse(
  build: (key0: RequestHandler) => Express,
  except: Readonly<Record<string, string>> = {},
  offers: readonly Feature[] = ['tokens', 'app', 'routes', 'writes'],
): void {
  httpConformance({
    test,
    except,
    offers,
    async rig() {
      const world = createHttpWorld({
        mintToken: async (claims, nowMs) =>
          (await new AccessTokenIssuer(secret, { nowMs: () => nowMs }).sign(claims)).token,
      })
      const { engine, seller } = world
      const key0 = key0Router(createHttpHandler({ engine, seller }))
      const app = breakOff(sell(furnish(build(key0), world.nowMs), key0), key0)
      app.set('env', 'test')
      return { world, ...(await listen(createServer(app))) }
    },
  })
}

/** Answers the routes of a catalog, beside an app. */
function converseBeside(
  build: (key0: RequestHandler) => Express,
  except: Readonly<Record<string, string>> = {},
): void {
  httpConformance({
    test,
    except,
    offers: ['app', 'catalog'],
    async rig() {
      const world = createHttpWorld()
      const key0 = key0Router(createHttpHandler(world))
      const app = furnish(build(key0), world.nowMs)
      return { world, ...(await listen(createServer(app))) }
    },
  })
}

describe('beside an app, whose own routes stay its own', () => {
  converseBeside((key0) => express().use(key0))
})

describe('mounted under a path', () => {
  httpConformance({
    test,
    offers: ['catalog'],
    async rig() {
      const world = createHttpWorld()
      const app = express().use('/pay', key0Router(createHttpHandler(world)))
      const server = await listen(createServer(app))
      return { ...server, world, origin: `${server.origin}/pay` }
    },
  })
})

describe('before the body parsers', () => {
  converse((key0) => express().use(key0))
})

const parserLimit = 'express.json() refuses it first, with a page'

const parsedBefore = {
  'request: a body of JSON cut off is refused': 'express.json() refuses it first, with a page',
  'request: a body of a content coding is refused': 'express.json() inflates it first',
}
const limitedBefore = {
  'route: a body of more than 1 MiB, announced, is refused before it has a price': parserLimit,
  'route: a body of more than 1 MiB, unannounced, is refused before it has a price': parserLimit,
}

describe('after a body parser that keeps the bytes', () => {
  const parser = express.json({ verify: keepRawBody })
  converse((key0) => express().use(parser).use(key0), { ...parsedBefore, ...limitedBefore })
})

const parsedAway = {
  ...parsedBefore,
  'request: a body of one key twice is refused': 'express.json() leaves one of them',
}
const parsers = [express.json(), express.urlencoded()]

describe('after body parsers that keep nothing', () => {
  converse((key0) => express().use(parsers, key0), { ...parsedAway, ...limitedBefore })
})

describe('beside an app, after body parsers that keep nothing', () => {
  converseBeside((key0) => express().use(parsers, key0), parsedAway)
})

describe.each([
  ['bytes', express.raw({ type: '*/*' })],
  ['text', express.text({ type: '*/*' })],
])('after a body parser that leaves %s', (_, parser) => {
  const except = {
    'request: a body of a content coding is refused': 'the parser inflates it first',
    ...limitedBefore,
  }
  converse((key0) => express().use(parser, key0), except, ['tokens', 'routes', 'writes'])
})

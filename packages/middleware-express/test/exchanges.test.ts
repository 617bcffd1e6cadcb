import { createServer } from 'node:http'
import { createHttpWorld, httpConformance, listen } from '@key0/conformance/http'
import { createHttpHandler } from '@key0/http'
import { AccessTokenIssuer } from '@key0/token'
import express, { type Express, type RequestHandler } from 'express'
import { describe, test } from 'vitest'
import { keepRawBody, key0Router, validateAccessToken } from '../src/exports/index.ts'

const secret = '3f1c5b7a9d2e4860b1c3d5e7f90a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a'

/** What every app here has besides Key0. */
function furnish(app: Express, nowMs: () => number): Express {
  const holders = (...planIds: string[]) => validateAccessToken({ secret, planIds, nowMs })
  return app
    .get('/health', (_, response) => void response.json({ ok: true }))
    .post('/echo', (request, response) => void response.json({ got: request.body }))
    .get('/gold/1', holders('gold'), (_, response) => void response.json({}))
    .get('/reports/1', holders('basic'), (request, response) => {
      response.json({ paidBy: request.key0Token?.txHash })
    })
}

function converse(
  build: (key0: RequestHandler) => Express,
  except: Readonly<Record<string, string>> = {},
): void {
  httpConformance({
    test,
    except,
    offers: ['tokens', 'app'],
    async rig() {
      const world = createHttpWorld({
        mintToken: async (claims, nowMs) =>
          (await new AccessTokenIssuer(secret, { nowMs: () => nowMs }).sign(claims)).token,
      })
      const { engine, seller } = world
      const app = build(key0Router(createHttpHandler({ engine, seller })))
      return { world, ...(await listen(createServer(furnish(app, world.nowMs)))) }
    },
  })
}

describe('before a body parser', () => {
  converse((key0) => express().use(key0).use(express.json()))
})

const judgedBefore = {
  'request: a body of JSON cut off is refused': 'express.json() refuses it first, with a page',
  'request: a body of a content coding is refused': 'express.json() inflates it first',
}

describe('after a body parser that keeps the bytes', () => {
  const parser = express.json({ verify: keepRawBody })
  converse((key0) => express().use(parser).use(key0), judgedBefore)
})

describe('after a body parser that keeps nothing', () => {
  converse((key0) => express().use(express.json()).use(key0), {
    ...judgedBefore,
    'request: a body of one key twice is refused': 'express.json() leaves one of them',
  })
})

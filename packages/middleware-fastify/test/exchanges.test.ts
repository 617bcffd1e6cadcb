import { createHttpWorld, httpConformance, listen } from '@key0/conformance/http'
import { createHttpHandler } from '@key0/http'
import { AccessTokenIssuer } from '@key0/token'
import { fastify } from 'fastify'
import { test } from 'vitest'
import { key0Plugin, validateAccessToken } from '../src/exports/index.ts'

const secret = '3f1c5b7a9d2e4860b1c3d5e7f90a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a'

httpConformance({
  test,
  offers: ['tokens', 'app'],
  async rig() {
    const world = createHttpWorld({
      mintToken: async (claims, nowMs) =>
        (await new AccessTokenIssuer(secret, { nowMs: () => nowMs }).sign(claims)).token,
    })
    const { engine, seller, nowMs } = world
    const app = fastify()
    await app.register(key0Plugin, { key0: createHttpHandler({ engine, seller }) })
    const holders = (...planIds: string[]) => ({
      onRequest: validateAccessToken({ secret, planIds, nowMs }),
    })
    app.get('/health', () => ({ ok: true }))
    app.post('/echo', ({ body }) => ({ got: body }))
    app.get('/gold/1', holders('gold'), () => ({}))
    app.get('/reports/1', holders('basic'), ({ key0Token }) => ({ paidBy: key0Token?.txHash }))
    await app.ready()
    return { world, ...(await listen(app.server)) }
  },
})

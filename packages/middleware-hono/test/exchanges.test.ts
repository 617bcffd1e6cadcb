import { createAdaptorServer } from '@hono/node-server'
import { createHttpWorld, httpConformance, listen } from '@key0/conformance/http'
import { createHttpHandler } from '@key0/http'
import { AccessTokenIssuer } from '@key0/token'
import { Hono } from 'hono'
import { test } from 'vitest'
import { key0, validateAccessToken } from '../src/exports/index.ts'

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
    const holders = (...planIds: string[]) => validateAccessToken({ secret, planIds, nowMs })
    const { fetch } = new Hono()
      .use(key0(createHttpHandler({ engine, seller })))
      .get('/health', (c) => c.json({ ok: true }))
      .post('/echo', async (c) => c.json({ got: await c.req.json() }))
      .get('/gold/1', holders('gold'), (c) => c.json({}))
      .get('/reports/1', holders('basic'), (c) => c.json({ paidBy: c.get('key0Token').txHash }))
    return { world, ...(await listen(createAdaptorServer({ fetch }))) }
  },
})

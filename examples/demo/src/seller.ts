import { randomBytes } from 'node:crypto'
import { type ServerType, serve } from '@hono/node-server'
import { AccessTokenIssuer, createKey0Validator } from '@key0/token'
import { Hono } from 'hono'

/** A small shop: it mints its own tokens when the gateway says "paid", and serves who has one. */
export type Seller = {
  readonly url: string
  /** Makes minting fail, as a backend does on a bad day. */
  breakDown(): void
  repair(): void
  /** How often a token was minted. */
  minted(): number
  close(): Promise<void>
}

/** @param proxySecret what the gateway shows when it passes on a paid request. */
export async function startSeller(proxySecret: string): Promise<Seller> {
  const secret = randomBytes(32).toString('hex')
  const issuer = new AccessTokenIssuer(secret)
  const validator = createKey0Validator({ secret })
  let broken = false
  let minted = 0

  const app = new Hono()
  app.post('/internal/issue-token', async (c) => {
    if (broken) return c.json({ error: 'the database is down' }, 500)
    const { requestId, challengeId, resourceId, planId, txHash } = await c.req.json()
    const claims = { sub: requestId, jti: challengeId, resourceId, planId, txHash }
    minted += 1
    const { token, expiresAt } = await issuer.sign(claims, 3600)
    return c.json({ token, expiresAt })
  })
  app.get('/report', async (c) => {
    try {
      const claims = await validator.validateToken(c.req.header('authorization'))
      return c.json({ report: 'Forty-two pages of insight.', boughtAs: claims.planId })
    } catch {
      return c.json({ error: 'pay first' }, 401)
    }
  })

  app.get('/photos/:id', (c) => {
    if (c.req.header('x-key0-internal-token') !== proxySecret) return c.json({ error: 'no' }, 401)
    return c.json({ photo: c.req.param('id'), size: c.req.query('size') })
  })

  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () =>
      resolve(started),
    )
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    breakDown: () => {
      broken = true
    },
    repair: () => {
      broken = false
    },
    minted: () => minted,
    close: () => new Promise((done) => void server.close(() => done())),
  }
}

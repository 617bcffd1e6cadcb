import { createProbe, HEALTH_TTL_MS, remember, type Serving, serveHttp } from '@key0/app-kit'
import type { ChallengeStore } from '@key0/core'
import type { Key0 } from '@key0/sdk'
import { Hono } from 'hono'
import { adminPath } from './admin/adminPath.ts'
import { type Connection, callerOf } from './callerOf.ts'
import type { GatewayConfig } from './GatewayConfig.ts'
import type { OpenIssuer } from './openIssuer.ts'
import { jwksPath } from './toDiscovery.ts'

/**
 * Serves the handler, `/health`, `/readyz` and the public keys of access tokens over HTTP.
 *
 * @throws CONFIG_INVALID when the port or the address is not to be had.
 */
export async function serveApp(options: {
  readonly config: GatewayConfig
  readonly store: ChallengeStore
  readonly handler: Key0['handler']
  readonly checkReadiness: Key0['checkReadiness']
  /** What verifies our access tokens, as far as it may be published. */
  readonly jwks: OpenIssuer['jwks']
  /** The operator's paths; absent: there are none. */
  readonly admin?: Hono
}): Promise<Serving> {
  const { config, store, handler, checkReadiness, jwks, admin } = options
  const app = new Hono<{
    Bindings: { readonly incoming: Connection & { readonly url?: string } }
  }>()
  const readReadiness = remember(checkReadiness, HEALTH_TTL_MS)
  const isStoreWell = createProbe(async () => (await store.healthCheck()).ok)
  app.use(async (c, next) => {
    await next()
    // A connection kept open would outlive its answer and hold up the end.
    if (serving.isDraining()) c.header('connection', 'close')
  })
  app.get('/health', async (c) => {
    const isWell = await isStoreWell()
    const body = {
      status: isWell ? 'ok' : 'error',
      service: 'key0',
      storage: config.storage.kind,
      tokenMode: config.token.mode,
      network: config.network,
    }
    return c.json(body, isWell ? 200 : 503)
  })
  app.get('/readyz', async (c) => {
    const { ok, checks } = await readReadiness()
    return c.json({ status: ok ? 'ok' : 'error', ...checks }, ok ? 200 : 503)
  })
  // Backends keep it for minutes; a new key is published before the first token it signs.
  app.get(jwksPath, (c) => c.json(jwks, 200, { 'cache-control': 'public, max-age=300' }))
  if (admin) app.route(adminPath, admin)
  app.use((c) => {
    const request = c.req.raw
    // A path as it stood on the wire: a `Request` has resolved its dots and backslashes already.
    const { incoming } = c.env
    const target = incoming.url
    const by = callerOf(request, incoming, config.callerHeader)
    return handler.receive({ request, ...by, ...(target !== undefined && { target }) })
  })

  const { host, port } = config
  const serving = await serveHttp({ fetch: app.fetch, host, port, setting: 'KEY0_PORT' })
  return serving
}

import { type ServerType, serve } from '@hono/node-server'
import type { ChallengeStore } from '@key0/core'
import { Key0Error } from '@key0/core'
import { key0 as key0Routes } from '@key0/middleware-hono'
import type { Key0 } from '@key0/sdk'
import { Hono } from 'hono'
import type { GatewayConfig } from './GatewayConfig.ts'

const DRAIN_MS = 20_000
const HEALTH_TTL_MS = 2_000

export type Serving = {
  readonly port: number
  /** Stops accepting, lets running requests finish, and after a while closes what is left. */
  readonly drain: () => Promise<void>
}

/**
 * Serves the handler and `/health` over HTTP.
 *
 * @throws CONFIG_INVALID when the port or the address is not to be had.
 */
export async function serveApp(options: {
  readonly config: GatewayConfig
  readonly store: ChallengeStore
  readonly handler: Key0['handler']
}): Promise<Serving> {
  const { config, store, handler } = options
  let isDraining = false
  const app = new Hono()
  const isStoreWell = createProbe(store)
  app.use(async (c, next) => {
    await next()
    // A connection kept open would outlive its answer and hold up the end.
    if (isDraining) c.header('connection', 'close')
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
  app.use(key0Routes(handler))

  const server = await listen(app, config)
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : config.port,
    drain: () => {
      isDraining = true
      return drain(server)
    },
  }
}

/** Everybody may ask for the health, so the store itself is asked only now and then. */
function createProbe(store: ChallengeStore): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined
  let askedAtMs = 0
  return () => {
    const nowMs = performance.now()
    if (answer === undefined || nowMs - askedAtMs > HEALTH_TTL_MS) {
      askedAtMs = nowMs
      answer = store.healthCheck().then(
        ({ ok }) => ok,
        () => false,
      )
    }
    return answer
  }
}

function listen(app: Hono, { port, host }: GatewayConfig): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    // A request must come in within seconds; how long its answer takes is the settlement's matter.
    const serverOptions = { headersTimeout: 10_000, requestTimeout: 30_000 }
    const server = serve({ fetch: app.fetch, port, hostname: host, serverOptions }, () =>
      resolve(server),
    )
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new Key0Error('CONFIG_INVALID', {
          facts: { KEY0_PORT: `${port} on ${host} ${explain(cause.code)}` },
          cause,
        }),
      ),
    )
  })
}

function explain(code: string | undefined): string {
  if (code === 'EADDRINUSE') return 'is in use by another process'
  if (code === 'EACCES') return 'may not be opened by this user'
  return `cannot be listened on (${code ?? 'unknown'})`
}

function drain(server: ServerType): Promise<void> {
  return new Promise((done) => {
    const late = setTimeout(() => {
      if ('closeAllConnections' in server) server.closeAllConnections()
    }, DRAIN_MS)
    server.close(() => {
      clearTimeout(late)
      done()
    })
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  })
}

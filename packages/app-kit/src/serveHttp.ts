import { type ServerType, serve } from '@hono/node-server'
import { Key0Error } from '@key0/core'

const DRAIN_MS = 20_000

export type Serving = {
  readonly port: number
  readonly isDraining: () => boolean
  /** Stops accepting, lets running requests finish, and after a while closes what is left. */
  readonly drain: () => Promise<void>
}

/**
 * Serves requests over HTTP.
 *
 * @throws CONFIG_INVALID, naming `setting`, when the port or the address is not to be had
 */
export async function serveHttp(options: {
  readonly fetch: (request: Request) => Response | Promise<Response>
  readonly host: string
  readonly port: number
  /** What the port is called where it is set. */
  readonly setting: string
}): Promise<Serving> {
  const server = await listen(options)
  const address = server.address()
  let isDraining = false
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    isDraining: () => isDraining,
    drain: () => {
      isDraining = true
      return drain(server)
    },
  }
}

function listen({
  fetch,
  host,
  port,
  setting,
}: Parameters<typeof serveHttp>[0]): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    // A request must come in within seconds; how long its answer takes is the program's matter.
    const serverOptions = { headersTimeout: 10_000, requestTimeout: 30_000 }
    const server = serve({ fetch, port, hostname: host, serverOptions }, () => resolve(server))
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new Key0Error('CONFIG_INVALID', {
          facts: { [setting]: `${port} on ${host} ${explain(cause.code)}` },
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

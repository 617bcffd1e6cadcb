import { type Checkout, judgeRange } from '@key0/checkout'
import { type ErrorCode, Key0Error } from '@key0/core'

/** A call that failed on our side. Holds no id, payment or grant of the call. */
export type McpEvent = {
  readonly name: 'request.failed'
  readonly path: string
  readonly code: ErrorCode
  readonly cause: unknown
}

/** Serves a request, by its target as it would stand on the wire. */
export type RouteServer = (incoming: {
  readonly request: Request
  readonly target: string
}) => Promise<Response>

export type McpHandlerOptions = {
  readonly checkout: Checkout
  /**
   * Serves the catalog's routes, such as `receive` of `@key0/http`'s handler; then each priced one
   * is a tool. Without it none is.
   */
  readonly routes?: RouteServer
  /**
   * Pages that may ask, as origins (`https://agent.example`), besides the seller's own. A browser
   * names the page; whoever names none is no browser and may ask. Without this check a page could
   * point its own name at this machine and read what it is answered (DNS rebinding).
   */
  readonly allowedOrigins?: readonly string[]
  /** Longest message, in bytes. Default 64 KiB. */
  readonly maxBodyBytes?: number
  /** Told of every call that failed on our side, with its cause. What it throws is dropped. */
  readonly observe?: (event: McpEvent) => void
}

/** Options with every default filled in. */
export type Settings = {
  readonly checkout: Checkout
  readonly routes: RouteServer | undefined
  readonly origins: ReadonlySet<string>
  readonly maxBodyBytes: number
  readonly observe: (event: McpEvent) => void
}

/** Fills in defaults. @throws CONFIG_INVALID naming every mistake at once. */
export function readOptions(options: McpHandlerOptions): Settings {
  const { checkout, allowedOrigins = [], maxBodyBytes = 65_536, observe } = options
  const problems = [
    ...judgeRange('maxBodyBytes', maxBodyBytes, 1_024, 1_048_576),
    ...allowedOrigins
      .filter((text) => !isOrigin(text))
      .map((_, at) => `allowedOrigins[${at}] must be like https://agent.example`),
  ]
  if (problems.length > 0)
    throw new Key0Error('CONFIG_INVALID', { facts: { mcp: problems.join('; ') } })
  return {
    checkout,
    routes: options.routes,
    origins: new Set([new URL(checkout.baseUrl).origin, ...allowedOrigins]),
    maxBodyBytes,
    observe: quietly(observe ?? (() => {})),
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

/** An observer that fails must not turn a sale into an error. */
function quietly(observe: (event: McpEvent) => void): (event: McpEvent) => void {
  return (event) => {
    try {
      observe(event)
    } catch {
      // Nobody is left to be told.
    }
  }
}

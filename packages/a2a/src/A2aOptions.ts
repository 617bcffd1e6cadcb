import type { BackendFor, Checkout } from '@key0/checkout'
import { type ErrorCode, Key0Error } from '@key0/core'

/** The agent id of whoever comes over A2A: nobody has proven to be anybody. */
export const agentId = 'x402-a2a'

/** A request that failed on our side. Holds no id, payload or grant of the request. */
export type A2aEvent = {
  readonly name: 'request.failed'
  readonly path: string
  readonly code: ErrorCode
  readonly cause: unknown
}

export type A2aHandlerOptions = {
  /** What is sold, by whom and at what price; the same as the other surfaces of a deployment. */
  readonly checkout: Checkout
  /**
   * Who answers the catalog's routes once they are paid, such as `backendFor` of `@key0/http`'s
   * handler; then each priced one is sold here, too. Without it none is.
   */
  readonly backendFor?: BackendFor
  /** Where JSON-RPC is spoken; default `/a2a`. */
  readonly path?: string
  /** Whose agent this is, as the card says it. */
  readonly provider?: { readonly organization: string; readonly url: string }
  /** The agent's own version, as the card says it; default `1.0.0`. */
  readonly version?: string
  /** Longest request body, in bytes. Default 64 KiB. */
  readonly maxBodyBytes?: number
  /** Told of every failure on our side, with its cause. What it throws is dropped. */
  readonly observe?: (event: A2aEvent) => void
}

/** Options with every default filled in. */
export type Settings = {
  readonly checkout: Checkout
  readonly backendFor: BackendFor | undefined
  readonly path: string
  readonly provider: { readonly organization: string; readonly url: string } | undefined
  readonly version: string
  readonly maxBodyBytes: number
  readonly observe: (event: A2aEvent) => void
}

/** Fills in defaults. @throws CONFIG_INVALID naming every mistake at once. */
export function readOptions(options: A2aHandlerOptions): Settings {
  const { checkout, backendFor, provider } = options
  const { path = '/a2a', version = '1.0.0', maxBodyBytes = 65_536 } = options
  const problems = [
    ...(/^(?:\/[A-Za-z0-9._~-]+)+$/.test(path) ? [] : ['path must be like /a2a']),
    ...(Number.isSafeInteger(maxBodyBytes) && maxBodyBytes >= 1_024 && maxBodyBytes <= 1_048_576
      ? []
      : ['maxBodyBytes must be a whole number from 1024 to 1048576']),
  ]
  if (problems.length > 0)
    throw new Key0Error('CONFIG_INVALID', { facts: { a2a: problems.join('; ') } })
  const observe = quietly(options.observe)
  return { checkout, backendFor, path, provider, version, maxBodyBytes, observe }
}

/** An observer that fails must not turn a sale into an error. */
function quietly(observe: A2aHandlerOptions['observe']): Settings['observe'] {
  return (event) => {
    try {
      observe?.(event)
    } catch {
      // Nobody is left to be told.
    }
  }
}

import { judgeRange } from '@key0/checkout'
import type { FetchResource, RouteTerms } from '@key0/core'

/** What one request is sold for, and who answers it once it is paid. */
export type ResourceSale = {
  /** From the catalog, or from `HttpHandler.addRoute`. */
  readonly route: RouteTerms
  /** Asked at most once a call, only once the payment is settled, and never for a repeat. */
  readonly fetchResource: FetchResource
  readonly delivery?: Partial<DeliveryLimits>
}

export type DeliveryLimits = {
  /** The longest an answer may take until it is whole, or a stream begins. Default 30 s. */
  readonly timeoutMs: number
  /** The longest body of a paid request, in bytes: it is bound to its payment. Default 1 MiB. */
  readonly maxRequestBytes: number
  /**
   * How much of a response is stored, in bytes: 256 KiB by default, at most 1 MiB. What is longer
   * is a stream: delivered at its first byte, passed on as it comes, and not repeated.
   */
  readonly maxStoredBytes: number
  /** How long a response of unknown length is waited for before it is a stream. Default 1 s. */
  readonly streamAfterMs: number
}

/** What is wrong with limits, a sentence each. */
export function judgeDelivery(given: Partial<DeliveryLimits> = {}): readonly string[] {
  const limits = { ...defaultDelivery, ...given }
  return [
    ...judgeRange('timeoutMs', limits.timeoutMs, 1, 600_000),
    ...judgeRange('maxRequestBytes', limits.maxRequestBytes, 0, 16_777_216),
    ...judgeRange('maxStoredBytes', limits.maxStoredBytes, 0, 1_048_576),
    ...judgeRange('streamAfterMs', limits.streamAfterMs, 0, 600_000),
  ]
}

export const defaultDelivery: DeliveryLimits = {
  timeoutMs: 30_000,
  maxRequestBytes: 1_048_576,
  maxStoredBytes: 262_144,
  streamAfterMs: 1_000,
}

/** A request with what its `Request` may not say any more. */
export type Incoming = {
  readonly request: Request
  /**
   * The request's target, byte for byte as it stood on the wire: a `Request` has resolved its dots
   * and backslashes. Default: path and query of `request.url`.
   */
  readonly target?: string
  /** The body as it came, when somebody read it already. */
  readonly body?: Uint8Array
  /**
   * Who asks, where that is known and cannot be made up, such as the client's address: so that one
   * who asks and never pays does not use up what may be offered to all. IPv6 addresses of one /64
   * network are one caller.
   */
  readonly caller?: string
  /** Aborts when the client is gone. Default: the request's own. */
  readonly signal?: AbortSignal
}

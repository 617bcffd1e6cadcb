import type { Address, Hash } from '../challenge/hex.ts'
import type { Resource } from '../challenge/Resource.ts'
import type { StoredResponse } from '../challenge/StoredResponse.ts'

/** What a backend is told about the request it is to answer. It is paid for. */
export type ServeRequest = {
  readonly challengeId: string
  readonly requestId: string
  readonly routeId: string
  readonly resource: Resource
  readonly amount: string
  readonly amountRaw: bigint
  readonly chainId: number
  readonly txHash: Hash
  readonly fromAddress: Address
  /** The same for every attempt at this purchase: a backend should do its work once per key. */
  readonly idempotencyKey: string
}

/**
 * What became of an attempt to serve. Only a response of the 2xx kind delivers; every other one is
 * a failure, and the money goes back. `unknown`: the backend may have done its work; ask again.
 */
export type Served =
  | { readonly kind: 'answered'; readonly response: StoredResponse }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Answers a request that was paid for: a proxied server, or a handler in this process. */
export interface Backend {
  /** `signal` aborts when nobody waits for the answer any more, and never once it was given. */
  serve(request: ServeRequest, signal: AbortSignal): Promise<Served>
  /** The longest `serve` can take until it answers, in ms: leases and refunds wait at least this. */
  readonly worstCaseMs: number
}

/** A request for a route, free or paid for, as it is handed to whoever answers it. */
export type RouteRequest = {
  readonly method: string
  /** In the spelling in which it was matched: what is proxied is this and nothing else. */
  readonly path: string
  /** Without the question mark; `""` for none. */
  readonly query: string
  /** All of them; what must not pass is for whoever passes them on to leave out. */
  readonly headers: Headers
  /** Absent: none. Of a request that is paid for, all of it in one piece. */
  readonly body?: Uint8Array | ReadableStream<Uint8Array>
  /** Set when it was paid for. */
  readonly paid?: ServeRequest
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/**
 * Answers a request: the seller's own function, or a proxy. What it throws counts as an answer
 * that is not known: it may have done its work.
 */
export type FetchResource = (request: RouteRequest) => Promise<Response>

/** Whether a response delivers what was paid for (RFC 9110 section 15.3). */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299
}

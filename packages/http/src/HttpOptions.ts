import {
  type CheckoutOptions,
  judgeCheckout,
  judgeRange,
  type PaymentIdentifier,
  type ReceiptOptions,
  type Seller,
} from '@key0/checkout'
import { type Engine, type ErrorCode, Key0Error } from '@key0/core'
import { MAX_HEADER_BYTES } from '@key0/x402'
import { paths } from './Context.ts'
import { type DiscoveryOptions, documentPaths, isServed } from './discovery/Discovery.ts'
import { describePlan } from './offer/describePlan.ts'
import type { Resources } from './resource/answerRoute.ts'
import { judgeDelivery } from './resource/ResourceSale.ts'

export type Limits = {
  /** Longest request body, in bytes. Default 32 KiB. */
  readonly maxBodyBytes: number
  /** Longest payment header, in bytes. Default 14 KiB: Node's own cap on all headers is 16. */
  readonly maxHeaderBytes: number
  /**
   * Longest query of Key0's own paths, and longest path with its query of a single request, in
   * characters: the 402 repeats it in a header. Default 1024.
   */
  readonly maxQueryLength: number
}

/** A request that failed on our side. Holds no id, header, signature or grant of the request. */
export type HttpEvent = {
  readonly name: 'request.failed'
  /** Without the query. */
  readonly path: string
  readonly code: ErrorCode
  readonly status: number
  readonly cause: unknown
}

export type HttpHandlerOptions = {
  readonly engine: Engine
  readonly seller: Seller
  readonly limits?: Partial<Limits>
  /**
   * For how long buyers sign, in seconds: 30 to 900, default 300. Never longer than the challenge
   * lives or the engine accepts.
   */
  readonly maxTimeoutSeconds?: number
  /**
   * Whether payments must name their purchase (extension `payment-identifier`), or their requests
   * do by a `requestId`. Default `optional`. Clients of version 1 can do the latter only.
   */
  readonly paymentIdentifier?: PaymentIdentifier
  /** Signed receipts in `PAYMENT-RESPONSE`, for whoever is handed what it bought. Default: none. */
  readonly receipts?: ReceiptOptions
  /** Which documents are served, and what they tell besides. Default: all, without token info. */
  readonly discovery?: DiscoveryOptions
  /**
   * What answers the routes of the engine's catalog, priced and free. Without it they are only
   * sold where the seller's own code does so, with `HttpHandler.sell`.
   */
  readonly resources?: Resources
  /** Told of every answer from 500 up, with its cause. What it throws is dropped. */
  readonly observe?: (event: HttpEvent) => void
}

/** Options with every default filled in. */
export type Settings = {
  readonly engine: Engine
  readonly seller: Seller
  /** `seller.publicUrl` without a slash at its end. */
  readonly baseUrl: string
  readonly limits: Limits
  readonly maxTimeoutSeconds: number
  readonly paymentIdentifier: PaymentIdentifier
  readonly receipts: ReceiptOptions | undefined
  readonly discovery: DiscoveryOptions
  readonly resources: Resources | undefined
  readonly observe: (event: HttpEvent) => void
}

const defaultLimits: Limits = {
  maxBodyBytes: 32_768,
  maxHeaderBytes: 14_336,
  maxQueryLength: 1_024,
}

/** Fills in defaults. @throws CONFIG_INVALID naming every mistake at once. */
export function readOptions(options: HttpHandlerOptions): Settings {
  const { engine, seller, maxTimeoutSeconds = 300, observe } = options
  const limits: Limits = { ...defaultLimits, ...options.limits }
  const problems = [
    ...judgeCheckout({ engine, seller, maxTimeoutSeconds }),
    ...judgeRange('limits.maxBodyBytes', limits.maxBodyBytes, 256, 1_048_576),
    ...judgeRange('limits.maxHeaderBytes', limits.maxHeaderBytes, 1_024, MAX_HEADER_BYTES),
    ...judgeRange('limits.maxQueryLength', limits.maxQueryLength, 0, 2_048),
    ...judgeDelivery(options.resources?.delivery).map((text) => `resources.delivery.${text}`),
  ]
  if (problems.length > 0) {
    throw new Key0Error('CONFIG_INVALID', { facts: { http: problems.join('; ') } })
  }
  return {
    engine,
    seller,
    baseUrl: seller.publicUrl.replace(/\/+$/, ''),
    limits,
    maxTimeoutSeconds,
    paymentIdentifier: options.paymentIdentifier ?? 'optional',
    receipts: options.receipts,
    discovery: options.discovery ?? {},
    resources: options.resources,
    observe: quietly(observe ?? (() => {})),
  }
}

/** The addresses our offers name are these paths with the query that was asked. */
export function toCheckoutOptions(settings: Settings): CheckoutOptions {
  const { engine, seller, baseUrl, maxTimeoutSeconds, limits, discovery } = settings
  const { paymentIdentifier, receipts } = settings
  const maxPathLength = `${paths.access}?`.length + limits.maxQueryLength
  const options = {
    ...{ engine, seller, maxTimeoutSeconds, maxPathLength, paymentIdentifier },
    sellableOf: describePlan,
    ...(receipts && { receipts }),
  }
  if (!isServed('discover', discovery)) return options
  return { ...options, discoverUrl: `${baseUrl}${documentPaths.discover}` }
}

/** An observer that fails must not turn a sale into an error. */
function quietly(observe: (event: HttpEvent) => void): (event: HttpEvent) => void {
  return (event) => {
    try {
      observe(event)
    } catch {
      // Nobody is left to be told.
    }
  }
}

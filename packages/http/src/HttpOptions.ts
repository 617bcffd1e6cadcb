import { type Address, type Engine, type ErrorCode, Key0Error } from '@key0/core'
import { MAX_HEADER_BYTES } from '@key0/x402'
import type { DiscoveryOptions } from './discovery/Discovery.ts'

/** Who sells, and in which token. What a plan costs comes from the engine's catalog alone. */
export type Seller = {
  readonly name: string
  readonly description?: string
  /**
   * Where buyers reach this handler, such as `https://pay.example` or `https://example.com/pay`.
   * Every address we emit is built from it and never from the `Host` header.
   */
  readonly publicUrl: string
  readonly chainId: number
  readonly payTo: Address
  readonly token: {
    readonly address: Address
    readonly symbol: string
    readonly decimals: number
    /** The token's EIP-712 domain, exactly as its contract says: a wrong one voids signatures. */
    readonly name: string
    readonly version: string
  }
  /** A block explorer, such as `https://basescan.org`; buyers find it at `/discover`. */
  readonly explorerUrl?: string
  /** Where error codes are explained; `type` of a problem is this plus `/CODE`. */
  readonly docsUrl?: string
}

export type Limits = {
  /** Longest request body, in bytes. Default 32 KiB. */
  readonly maxBodyBytes: number
  /** Longest payment header, in bytes. Default 14 KiB: Node's own cap on all headers is 16. */
  readonly maxHeaderBytes: number
  /** Longest query, in characters: the 402 repeats it in a header. Default 1024. */
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
  /** Which documents are served, and what they tell besides. Default: all, without token info. */
  readonly discovery?: DiscoveryOptions
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
  readonly discovery: DiscoveryOptions
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
    ...judgeSeller(seller),
    ...judgeRange('limits.maxBodyBytes', limits.maxBodyBytes, 256, 1_048_576),
    ...judgeRange('limits.maxHeaderBytes', limits.maxHeaderBytes, 1_024, MAX_HEADER_BYTES),
    ...judgeRange('limits.maxQueryLength', limits.maxQueryLength, 0, 2_048),
    ...judgeRange('maxTimeoutSeconds', maxTimeoutSeconds, 30, 900),
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
    discovery: options.discovery ?? {},
    observe: quietly(observe ?? (() => {})),
  }
}

function judgeSeller(seller: Seller): readonly string[] {
  const address = /^0x[0-9a-fA-F]{40}$/
  const rules: readonly (readonly [holds: boolean, problem: string])[] = [
    [seller.name.trim() !== '', 'seller.name must not be empty'],
    [isBaseUrl(seller.publicUrl), 'seller.publicUrl must be an http(s) address without a query'],
    [address.test(seller.payTo), 'seller.payTo must be an address'],
    [address.test(seller.token.address), 'seller.token.address must be an address'],
    [seller.token.name !== '', 'seller.token.name must be the name in the EIP-712 domain'],
    [seller.token.version !== '', 'seller.token.version must be the version in the EIP-712 domain'],
    [isUrlIfGiven(seller.explorerUrl), 'seller.explorerUrl must be an http(s) address'],
    [isUrlIfGiven(seller.docsUrl), 'seller.docsUrl must be an http(s) address'],
  ]
  return [
    ...rules.filter(([holds]) => !holds).map(([, problem]) => problem),
    ...judgeRange('seller.chainId', seller.chainId, 1, Number.MAX_SAFE_INTEGER),
    ...judgeRange('seller.token.decimals', seller.token.decimals, 0, 77),
  ]
}

function judgeRange(name: string, value: number, min: number, max: number): readonly string[] {
  const fits = Number.isSafeInteger(value) && value >= min && value <= max
  return fits ? [] : [`${name} must be a whole number from ${min} to ${max}`]
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  const web = protocol === 'https:' || protocol === 'http:'
  return web && [username, password, search, hash].every((part) => part === '')
}

function isUrlIfGiven(text: string | undefined): boolean {
  return text === undefined || isBaseUrl(text)
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

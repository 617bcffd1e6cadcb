import type {
  BackendAuth,
  LogLevel,
  NetworkConfig,
  RefundConfig,
  StorageConfig,
  TokenKey,
} from '@key0/app-kit'
import type { Address, Hex, Plan, Route } from '@key0/core'

/** Everything the gateway was told, read and checked. No part of it is optional by accident. */
export type GatewayConfig = NetworkConfig & {
  readonly walletAddress: Address
  readonly host: string
  readonly port: number
  readonly publicUrl: string
  readonly plans: readonly Plan[]
  readonly routes: readonly Route[]
  /** Where routes are answered; there is one when there are routes. */
  readonly proxy?: ProxyConfig | undefined
  readonly challengeTTLSeconds: number
  /** Whether buyers must name their purchases. */
  readonly paymentIdentifier: 'optional' | 'required'
  /** How many offers may wait to be paid. */
  readonly maxOpenChallenges: { readonly total: number; readonly perCaller?: number }
  /** The header in which the proxy in front names its client's address, in lower case. */
  readonly callerHeader?: string
  readonly agent: { readonly name: string; readonly description: string }
  readonly provider: { readonly name: string; readonly url: string }
  /** Where A2A is spoken; `false`: it is not. */
  readonly a2a: false | { readonly path: string }
  /** Absent: it is not served. */
  readonly mcp?: { readonly allowedOrigins: readonly string[]; readonly routes: boolean }
  readonly documents: DocumentConfig
  readonly token: TokenConfig
  /** While it does not answer well, nothing new is sold. */
  readonly backendHealthUrl?: string
  /** Whether the backend is told of single requests besides the grants of plans. */
  readonly notifyRequests: boolean
  /** Absent: the backend's notification is sent once, and nobody else is told. */
  readonly notifications?: NotificationConfig
  readonly storage: StorageConfig
  /** 32 bytes each; the first encrypts what is secret in the store, all decrypt. */
  readonly encryptionKeys: readonly Uint8Array[]
  /** Signs receipts, and nothing else; absent: there are none. */
  readonly receiptPrivateKey?: Hex
  /** The servers that whoever started this gateway started beside it. */
  readonly managedInfra: readonly ManagedServer[]
  readonly settlement: SettlementConfig
  /** `inside`: this process sends them; otherwise another one does. */
  readonly refunds: RefundConfig & { readonly inside: boolean }
  /** What becomes of a presented transfer that buys nothing. */
  readonly strayTransfers: 'hold' | 'refund'
  /** Sold before: what still arrives there is accounted for. */
  readonly retiredWallets: readonly Address[]
  /** Opens the operator's paths; absent: there are none. */
  readonly adminToken?: string
  /** Where metrics are told; absent: nowhere. */
  readonly metricsPort?: number
  readonly logLevel: LogLevel
  /** What is allowed but worth saying at every start. */
  readonly warnings: readonly string[]
}

/** Which documents tell agents what is for sale. */
type DocumentConfig = {
  readonly discover: boolean
  readonly llms: boolean
  readonly skills: boolean
  readonly wellKnown: boolean
  readonly openapi: boolean
  readonly tokenInfo: boolean
}

type ProxyConfig = {
  readonly baseUrl: string
  /** Sent to it as `x-key0-internal-token`. */
  readonly secret?: string
  readonly timeoutMs: number
  readonly maxStoredBytes: number
}

/** Who is told of events, signed and durably, besides the backend. */
export type NotificationConfig = {
  readonly secrets: readonly string[]
  readonly urls: readonly string[]
  readonly networks: 'public' | 'any'
}

export type ManagedServer = 'redis' | 'postgres'

export type TokenConfig =
  | {
      /** No plan is sold, so nothing is ever minted. */
      readonly mode: 'none'
      /** For notifications. */
      readonly auth: BackendAuth
      readonly backendUrl?: string
    }
  | {
      readonly mode: 'native'
      readonly key: TokenKey
      /** For notifications. */
      readonly auth: BackendAuth
      readonly backendUrl?: string
    }
  | {
      readonly mode: 'remote'
      readonly url: string
      readonly auth: BackendAuth
      readonly timeoutMs: number
      readonly retries: number
      /** Told before a refund, so that what was issued for it is withdrawn. */
      readonly revokeUrl?: string
      readonly backendUrl?: string
    }

export type SettlementConfig =
  | {
      /** Nobody: buyers pay on chain themselves and prove it. */
      readonly mode: 'none'
      /** Carry refunds. */
      readonly refundKeys: readonly Hex[]
    }
  | {
      readonly mode: 'gas-wallet'
      readonly privateKey: Hex
      /** All that are there, the settling one included: refunds go out from each in turn. */
      readonly refundKeys: readonly Hex[]
    }
  | {
      readonly mode: 'facilitator'
      /** Settles when no facilitator does, and carries refunds. */
      readonly fallback?: { readonly privateKey: Hex; readonly refundKeys: readonly Hex[] }
      /** Absent: the default facilitator. */
      readonly urls?: readonly string[]
      readonly cdp?: { readonly id: string; readonly secret: string }
    }

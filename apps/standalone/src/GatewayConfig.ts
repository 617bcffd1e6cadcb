import type { Address, Finality, Hex, Plan } from '@key0/core'

/** Everything the gateway was told, read and checked. No part of it is optional by accident. */
export type GatewayConfig = {
  readonly network: 'mainnet' | 'testnet'
  readonly walletAddress: Address
  readonly host: string
  readonly port: number
  readonly publicUrl: string
  readonly rpcUrls: readonly string[]
  readonly finality: { readonly payment: Finality; readonly refund: Finality }
  readonly plans: readonly Plan[]
  readonly challengeTTLSeconds: number
  readonly agent: { readonly name: string; readonly description: string }
  readonly provider: { readonly name: string; readonly url: string }
  readonly basePath: string
  readonly token: TokenConfig
  readonly storage: StorageConfig
  readonly settlement: SettlementConfig
  readonly refunds: RefundConfig
  readonly logLevel: LogLevel
  /** What is allowed but worth saying at every start. */
  readonly warnings: readonly string[]
}

export type TokenConfig =
  | {
      readonly mode: 'native'
      readonly secret: string
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
      readonly backendUrl?: string
    }

export type BackendAuth =
  | { readonly strategy: 'none' }
  | { readonly strategy: 'shared-secret'; readonly header: string; readonly value: string }

export type StorageConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'embedded'; readonly dataDir: string }
  | { readonly kind: 'redis' | 'postgres'; readonly url: string }

export type SettlementConfig =
  | { readonly mode: 'gas-wallet'; readonly privateKey: Hex }
  | {
      readonly mode: 'facilitator'
      /** Absent: the default facilitator. */
      readonly urls?: readonly string[]
      readonly cdp?: { readonly id: string; readonly secret: string }
    }

export type RefundConfig = {
  /** Absent: the schedule runs, and says that it skips. */
  readonly walletPrivateKey?: Hex
  readonly inside: boolean
  readonly intervalMs: number
  readonly minAgeMs: number
  readonly batchSize: number
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
type LogLevel = (typeof logLevels)[number]

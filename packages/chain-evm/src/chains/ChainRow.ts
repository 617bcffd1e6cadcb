import type { Address } from '@key0/core'

/** A token that can be paid with, as its contract must answer for itself. */
export type TokenRow = {
  readonly symbol: string
  readonly address: Address
  readonly decimals: number
} & TransferMethod

/** How a token is moved for somebody who pays no gas, if it can be. */
type TransferMethod =
  /** By an authorization that its holder signed: `transferWithAuthorization`, bytes overload. */
  | {
      readonly transferMethod: 'eip3009'
      /** The EIP-712 domain under which its holders sign. It differs between chains. */
      readonly domain: { readonly name: string; readonly version: string }
    }
  /**
   * Not at all: its holders call `transfer`. There is no `exact` rail then. Buyers present the
   * hash of their transfer, and refunds are transfers of the receiving wallet, which promise less:
   * see `createTransferPayout`.
   */
  | { readonly transferMethod: 'transfer' }

/** Everything Key0 knows about one chain. A further EVM chain is one further row. */
export type ChainRow = {
  /** EIP-155 chain id. */
  readonly id: number
  /** The name that configuration uses, such as `mainnet`. */
  readonly name: string
  readonly title: string
  /** CAIP-2. */
  readonly caip2: `eip155:${number}`
  readonly testnet: boolean
  /** Public endpoints, tried in order. They are rate limited: a busy seller brings its own. */
  readonly rpcUrls: readonly string[]
  /** A transaction's page is this followed by its hash. */
  readonly explorerTxUrl: string
  /** Usual time between blocks. */
  readonly blockTimeMs: number
  /** How many blocks a search for logs spans at first; refused, it is halved. Default 2,000. */
  readonly logRangeBlocks?: number
  /** Wei for each unit of gas: the tip offered, and the most a transaction may offer in all. */
  readonly fees: { readonly tipWei: bigint; readonly maxFeeWei: bigint }
  /** The first is the default. */
  readonly tokens: readonly [TokenRow, ...TokenRow[]]
  /** What a seller on this chain should know, as sentences. */
  readonly caveats: readonly string[]
}

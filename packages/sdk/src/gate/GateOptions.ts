import type { Address, ChallengeStore, EngineEvent, Hash, Hex, SellerPair } from '@key0/core'

/** Who sends what buyers of the `exact` rail have signed, and pays the gas for it. */
export type ExactRail =
  | { readonly settle: { readonly facilitator: string | readonly string[] } }
  /** This process, with a relayer's key: a wallet that holds gas and nothing else. */
  | { readonly settle: 'self'; readonly relayerPrivateKey: Hex }

/** What buyers' software and the open indexes are told about the gated resource. */
export type GateDiscovery = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Default `/*`: everything behind the gate. */
  readonly path?: string
  readonly description?: string
  /** JSON Schema of what is asked; x402scan lists nothing without one. */
  readonly inputSchema?: Readonly<Record<string, unknown>>
  readonly outputSchema?: Readonly<Record<string, unknown>>
}

/** A payment that was proven on chain. */
export type Receipt = {
  /** The same for every telling of this payment, by whichever instance: make it a unique index. */
  readonly idempotencyKey: string
  readonly challengeId: string
  /** As configured, such as `"0.05"`. */
  readonly amount: string
  /** In the token's smallest unit. */
  readonly amountRaw: bigint
  readonly token: string
  readonly chainId: number
  readonly txHash: Hash
  readonly payer: Address
  readonly payTo: Address
  /** The request that was paid for: `GET /weather?city=Bern`. */
  readonly resource: string
}

/**
 * A price in front of a handler. The gate needs no private key: it verifies what is on chain, and
 * has a facilitator settle what buyers sign. What is not given is kept in this process alone and
 * is gone when it ends.
 */
export type RequirePaymentOptions = Partial<SellerPair> & {
  readonly chain: 'base' | 'base-sepolia'
  readonly token: 'USDC'
  /** Such as `"0.05"`. */
  readonly amount: string
  readonly payTo: Address
  /** One or more nodes; a key is folded into the URL. Default: the chain's public node. */
  readonly rpcUrl?: string | readonly string[]
  /** Called with each payment; at least once over all instances. */
  readonly onPaid?: (receipt: Receipt) => unknown
  /** Waits for `onPaid` before the handler runs; when it fails, the handler does not run. */
  readonly awaitOnPaid?: boolean
  /** Standard x402, which most buyers' software pays by. Without it only on-chain proof is taken. */
  readonly exact?: ExactRail
  readonly discovery?: boolean | GateDiscovery
  /** Where buyers reach this server; every address we emit is built from it. */
  readonly publicUrl?: string
  /** Tells gates apart that sell different things at one address for one price. */
  readonly name?: string
  /**
   * Where challenges and responses are kept. Default: in this process's memory, one for all its
   * gates into the same wallet. Gates that are paid into one wallet must share one store: what one
   * of them does not know to be spent, it takes.
   */
  readonly store?: ChallengeStore
  /** Told what a reader of the logs should know. Default: a warning of the process. */
  readonly warn?: (sentence: string) => void
  readonly observe?: (event: EngineEvent) => void
}

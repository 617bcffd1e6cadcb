import type { Chain, Clock, Head } from '@key0/core'
import type { ChainRow, TokenRow } from '../chains/ChainRow.ts'
import type { Rpc } from '../rpc/Rpc.ts'

/** A chain whose nodes and token were found to be the configured ones. */
export type EvmChain = Chain & {
  readonly row: ChainRow
  /** The one token that is read, verified and moved. */
  readonly token: TokenRow
  /** The nodes behind it, for what is built beside it: senders, payouts, probes. */
  readonly rpc: Rpc
  readonly clock: Clock
  /** The highest block seen so far, with what fees are computed from. Asks nobody. */
  readonly lastBlock: () => Block
  /** The explorer's page of a transaction. */
  readonly explorerUrl: (txHash: string) => string
  /** Ends every wait under way with what is known by then. */
  readonly close: () => void
}

/** A block as far as we use it. */
export type Block = Head & {
  /** Wei; 0 on chains without EIP-1559. */
  readonly baseFeePerGas: bigint
  /** Our own clock when we read it, Unix ms. */
  readonly readAtMs: number
}

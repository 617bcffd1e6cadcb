import type { Clock } from '@key0/core'
import type { ChainRow, TokenRow } from '../chains/ChainRow.ts'
import type { Rpc } from '../rpc/Rpc.ts'
import type { Blocks } from './Blocks.ts'

/** What every question about the chain is answered from. */
export type Context = {
  readonly row: ChainRow
  readonly token: TokenRow
  readonly rpc: Rpc
  readonly blocks: Blocks
  readonly clock: Clock
}

import type { AuthorizationQuery, Finality, Hash, Sighting, TransferQuery } from '@key0/core'
import { sameAddress } from '@key0/core'
import { RpcUnreachable } from '../rpc/RpcError.ts'
import type { TokenTransfer } from '../token/receipt.ts'
import type { Context } from './Context.ts'
import type { Block } from './EvmChain.ts'

type Wanted = Pick<TransferQuery | AuthorizationQuery, 'to' | 'value' | 'finality'>

/** What one transfer is worth as evidence: how deep its block is, and whether it is the one. */
export async function judge(
  context: Context,
  transfer: TokenTransfer,
  wanted: Wanted,
): Promise<Sighting> {
  const depth = await readDepth(context, transfer, wanted.finality)
  if (depth.kind === 'orphaned') return orphaned(transfer.txHash)
  const { paymentRef, txHash, from, to, value } = transfer
  if (!sameAddress(to, wanted.to) || value !== wanted.value) {
    // Shallow, it may still be undone and the authorization be used as asked.
    if (depth.kind === 'shallow') return { kind: 'unused' }
    return { kind: 'mismatch', facts: { txHash, paidTo: to, paidValue: `${value}` } }
  }
  const { number, hash, time } = depth.block
  const evidence = { paymentRef, txHash, from, to, value, block: { number, hash, time } }
  return { kind: depth.kind === 'deep' ? 'confirmed' : 'seen', evidence }
}

export type Depth =
  | { readonly kind: 'deep' | 'shallow'; readonly block: Block }
  | { readonly kind: 'orphaned' }

/**
 * Whether the block that holds a fact is part of the chain, and as deep as the tag asks. Compared
 * by number with the tag's block, and by hash with the chain's own block of that number.
 */
export async function readDepth(
  { blocks }: Context,
  at: { readonly blockNumber: bigint; readonly blockHash: Hash },
  finality: Finality,
): Promise<Depth> {
  const last = blocks.last()
  const isLast = last.number === at.blockNumber && sameAddress(last.hash, at.blockHash)
  const [block, tagged] = await Promise.all([
    isLast && finality === 'latest' ? last : blocks.byNumber(at.blockNumber),
    finality === 'latest' ? undefined : blocks.at(finality),
  ])
  if (!block || !sameAddress(block.hash, at.blockHash)) return { kind: 'orphaned' }
  const isDeep = tagged === undefined || tagged.number >= block.number
  return { kind: isDeep ? 'deep' : 'shallow', block }
}

/** Two answers that exclude each other: one of them will be gone when we ask again. */
export function orphaned(txHash: Hash): Sighting {
  const cause = new RpcUnreachable(`the nodes disagree about the block of ${txHash}`)
  return { kind: 'unreachable', cause }
}

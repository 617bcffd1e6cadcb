import type { Hex } from '@key0/core'
import type { Rpc } from '../rpc/Rpc.ts'
import { RpcError } from '../rpc/RpcError.ts'
import type { BroadcastReply } from './Sender.ts'

// The words of geth, reth, erigon, nethermind and anvil for the same five answers.
const known = /already known|known transaction|already imported|already in|already exists/i
const spent = /nonce.{0,8}too low|old ?nonce|nonce.{0,30}lower/i
const taken = /replacement|could not replace/i
const refused = /insufficient (funds|balance)|underpriced|less than block base fee|intrinsic gas/i

/** Hands a raw transaction to the chain's nodes and names what they said. Never throws. */
export async function broadcast(rpc: Rpc, rawTransaction: Hex): Promise<BroadcastReply> {
  try {
    await rpc.request<Hex>('eth_sendRawTransaction', [rawTransaction])
    return { kind: 'accepted' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    if (!(error instanceof RpcError)) return { kind: 'unknown', reason }
    if (known.test(reason)) return { kind: 'accepted' }
    if (spent.test(reason)) return { kind: 'spent' }
    if (taken.test(reason)) return { kind: 'taken' }
    return { kind: refused.test(reason) ? 'refused' : 'unknown', reason }
  }
}

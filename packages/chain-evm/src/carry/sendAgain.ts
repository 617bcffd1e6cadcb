import type { Journal, SignedAuthorization, Submitted } from '@key0/core'
import { sameAddress } from '@key0/core'
import { parseTransaction, slice } from 'viem'
import type { EvmChain } from '../chain/EvmChain.ts'
import type { Sender, SenderCall, SentTransaction } from '../sender/Sender.ts'
import { type RawReceipt, readReceipt, topics } from '../token/receipt.ts'

/** What became of an earlier transaction. */
export type Again =
  /** It is on its way, or nobody knows. The same for everything that it carries. */
  | { readonly kind: 'told'; readonly submitted: Submitted }
  /** It is in a block, with success; which of its calls worked is in its logs. */
  | { readonly kind: 'mined'; readonly receipt: RawReceipt }
  /** It is out of the way. */
  | { readonly kind: 'gone' }

/** A transaction that is in the pool this long without being mined gets a higher fee. */
const raiseAfterMs = 20_000

/** Hands out an earlier transaction's bytes again, or its call for a higher fee. */
export async function sendAgain(
  { chain, sender }: { readonly chain: EvmChain; readonly sender: Sender },
  last: SentTransaction,
  journal: Journal,
): Promise<Again> {
  const { txHash } = last
  const told = (submitted: Submitted): Again => ({ kind: 'told', submitted })
  const reply = await sender.rebroadcast(last.rawTransaction)
  if (reply.kind === 'unknown') return told(reply)
  const isOurs = last.sender.toLowerCase() === sender.address.toLowerCase()
  const isStuck = chain.clock.nowMs() - last.atMs > raiseAfterMs
  if (reply.kind === 'accepted') {
    if (!isOurs || !isStuck) return told({ kind: 'submitted', txHash })
    return told(await sender.replace(last, readCall(last), journal))
  }
  if (reply.kind === 'refused') {
    // Ours keeps its gas nonce, for more; a stranger's is theirs to repair, and ours to replace.
    if (!isOurs) return { kind: 'gone' }
    if (/insufficient/i.test(reply.reason)) return told({ kind: 'unknown', reason: reply.reason })
    return told(await sender.replace(last, readCall(last), journal))
  }
  // Its gas nonce is used, by itself or by another.
  try {
    const receipt = await readReceipt(chain.rpc, txHash)
    return receipt?.status === '0x1' ? { kind: 'mined', receipt } : { kind: 'gone' }
  } catch (error) {
    return told({ kind: 'unknown', reason: error instanceof Error ? error.message : 'unreachable' })
  }
}

/** The very call of an earlier transaction: it may carry more than is asked about now. */
function readCall({ rawTransaction }: SentTransaction): SenderCall {
  const { to, data = '0x', gas = 0n } = parseTransaction(rawTransaction)
  if (!to) throw new Error('a carrier that creates a contract is none of ours')
  return { to, data, gas }
}

/** Whether a mined transaction used the authorization: a call in it may have failed alone. */
export function hasUsed(
  { token }: EvmChain,
  { logs }: RawReceipt,
  { from, nonce }: SignedAuthorization,
): boolean {
  return logs.some(({ address, topics: [topic, account, used] }) => {
    if (topic !== topics.used || !account || !used) return false
    const isOurs = sameAddress(address, token.address) && sameAddress(slice(account, 12), from)
    return isOurs && sameAddress(used, nonce)
  })
}

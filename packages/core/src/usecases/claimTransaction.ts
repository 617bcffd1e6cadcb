import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { PaymentEvidence } from '../ports/Chain.ts'
import type { EngineContext } from './EngineContext.ts'

/**
 * Claims a payment's transaction in the replay store of the seller's own, by whichever rail it
 * came: one that a signature brought could be presented elsewhere as a transfer. Claimed by this
 * same challenge is success. `unknown`: claimed, and the store does not keep by whom.
 */
export async function claimTransaction(
  { seenTx }: Pick<EngineContext, 'seenTx'>,
  { challengeId }: ChallengeRecord,
  { txHash }: PaymentEvidence,
): Promise<'ours' | 'theirs' | 'unknown'> {
  if (!seenTx || (await seenTx.markUsed(txHash, challengeId))) return 'ours'
  const owner = await seenTx.get(txHash)
  if (owner === undefined) return 'unknown'
  return owner === challengeId ? 'ours' : 'theirs'
}

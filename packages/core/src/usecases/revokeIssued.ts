import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { STRAY_SCOPE } from '../challenge/kindOf.ts'
import type { RevocationRequest } from '../ports/Revoker.ts'
import type { RefundContext } from './RefundContext.ts'
import { withinTime } from './withinTime.ts'

/** How long a refund waits for a revocation: the buyer's money goes first. */
const REVOKE_WITHIN_MS = 10_000

/**
 * Has withdrawn what may have been issued for a purchase, before its money goes back. Nobody
 * delivers a claimed refund any more, so what is withdrawn here is in no buyer's hands. When that
 * fails the refund goes on all the same: whoever follows the store's events asks until it is done.
 */
export async function revokeIssued(ctx: RefundContext, record: ChallengeRecord): Promise<void> {
  const { revoker } = ctx
  const request = revocationOf(record)
  if (!revoker || !request) return
  try {
    await withinTime(REVOKE_WITHIN_MS, (signal) => revoker.revoke(request, signal))
  } catch (cause) {
    const { challengeId } = record
    const what =
      'a refund goes out, and what was issued for it may still be good: it was not revoked'
    ctx.observe({ name: 'alert', what, challengeId, cause })
  }
}

/**
 * What an issuer is asked to withdraw when this purchase goes back. What a request buys is its
 * answer, and a stray buys nothing: there is nothing to withdraw then.
 */
export function revocationOf(record: ChallengeRecord): RevocationRequest | undefined {
  const { challengeId, requestId, resourceId, planId, txHash, paymentRef } = record
  const isPlan = record.resource === undefined && record.scope !== STRAY_SCOPE
  if (!isPlan || !txHash || !paymentRef) return undefined
  return { challengeId, requestId, resourceId, planId, txHash, idempotencyKey: paymentRef }
}

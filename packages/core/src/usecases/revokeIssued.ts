import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { STRAY_SCOPE } from './close.ts'
import type { RefundContext } from './RefundContext.ts'
import { withinTime } from './withinTime.ts'

/** How long a refund waits for a revocation: the buyer's money goes first. */
const REVOKE_WITHIN_MS = 10_000

/**
 * Has withdrawn what may have been issued for a purchase, before its money goes back. Nobody
 * delivers a claimed refund any more, so what is withdrawn here is in no buyer's hands. It is told
 * to a person when that fails, and the refund goes on.
 */
export async function revokeIssued(ctx: RefundContext, record: ChallengeRecord): Promise<void> {
  const { revoker } = ctx
  const { challengeId, requestId, resourceId, planId, txHash, paymentRef } = record
  // What a request buys is its answer, and a stray buys nothing: nothing could be withdrawn.
  const isPlan = record.resource === undefined && record.scope !== STRAY_SCOPE
  if (!revoker || !isPlan || !txHash || !paymentRef) return
  const request = {
    ...{ challengeId, requestId, resourceId, planId, txHash },
    idempotencyKey: paymentRef,
  }
  try {
    await withinTime(REVOKE_WITHIN_MS, (signal) => revoker.revoke(request, signal))
  } catch (cause) {
    const what =
      'a refund goes out, and what was issued for it may still be good: revoke it by hand'
    ctx.observe({ name: 'alert', what, challengeId, cause })
  }
}

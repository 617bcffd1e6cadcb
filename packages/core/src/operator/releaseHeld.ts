import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { RefundProgress } from '../challenge/RefundProgress.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { carryOut, readRecord } from './carryOut.ts'
import { isHeldByCap } from './createRefundBudget.ts'
import type { OperatorContext } from './OperatorContext.ts'
import { assertOrder, type Order } from './Order.ts'
import { isLeasedByOperator } from './operatorLease.ts'

/**
 * Gives held money back to the automatic paths: what is undelivered goes back to its payer. What
 * the store lost and what left the wallet before now hold it no more; anything later does. Money
 * that only a cap held is still held for those.
 *
 * A refund that an older deployment claimed without an intent becomes REFUND_FAILED, because
 * nobody can say whether it was paid: it is retried once a person has looked.
 *
 * @throws REQUEST_MALFORMED, CHALLENGE_UNKNOWN, NOT_HELD, RECORD_CHANGED
 */
export async function releaseHeld(
  ctx: OperatorContext,
  id: string,
  order: Order,
): Promise<ChallengeRecord> {
  assertOrder(order)
  const record = await readRecord(ctx, id)
  const { state, held, refund } = record
  if (held === undefined) throw new Key0Error('NOT_HELD', { facts: { state } })
  const releasedAt = new Date(ctx.clock.nowMs())
  // Who lets a refund beyond a cap go did not look at what left the wallet meanwhile.
  const looked = isHeldByCap(record) ? {} : { releasedAt }
  const released = { held: undefined, nextVisitAt: undefined, ...looked }
  if (state !== 'REFUND_PENDING') {
    // Whoever began to return it by hand and did not end is not waited for any more.
    const fields = { ...released, ...(isLeasedByOperator(record) && { lease: undefined }) }
    return await carryOut(ctx, record, order, { to: state, fields })
  }
  if (refund) {
    const fields = { ...released, refund: { ...refund, stage: stageOf(refund) } }
    return await carryOut(ctx, record, order, { to: state, fields })
  }
  const refundError = 'claimed by an older deployment: see whether it was paid, then retry it'
  return await carryOut(ctx, record, order, {
    to: 'REFUND_FAILED',
    fields: { ...released, refundError },
  })
}

/** How far a refund had come when it was held. */
function stageOf({ carriers, signature }: RefundProgress): RefundProgress['stage'] {
  if (carriers.length > 0) return 'SENT'
  return signature ? 'SIGNED' : 'INTENT'
}

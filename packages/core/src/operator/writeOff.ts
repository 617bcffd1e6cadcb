import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { deliveryOf } from '../lifecycle/deliveryOf.ts'
import { carryOut, readRecord } from './carryOut.ts'
import type { OperatorContext } from './OperatorContext.ts'
import { assertOrder, type Order } from './Order.ts'
import { isWrittenOff, toWrittenOff } from './writtenOff.ts'

/** So long after its deadline every node agrees that a signature can no longer be used. */
const SIGNATURE_MARGIN_MS = 3_600_000

/** Nobody has to look at it again, but it is still found among what is due. */
const NEVER_MS = 100 * 365 * 86_400_000

/**
 * Lets the seller keep a payment, by a named person's decision. The record stays PAID and held, is
 * never forgotten, and counts as the seller's own money. Releasing it undoes the decision.
 *
 * @throws REQUEST_MALFORMED, CHALLENGE_UNKNOWN, RECORD_CHANGED; DELIVERY_PENDING while somebody
 * delivers it; REFUND_NOT_POSSIBLE when nothing is owed, the buyer has it, or a refund that
 * was signed may still be executed.
 */
export async function writeOff(
  ctx: OperatorContext,
  id: string,
  order: Order,
): Promise<ChallengeRecord> {
  assertOrder(order)
  const record = await readRecord(ctx, id)
  if (isWrittenOff(record)) return record
  assertIdle(record, ctx.clock.nowMs())
  const fields = {
    held: toWrittenOff(order),
    nextVisitAt: new Date(ctx.clock.nowMs() + NEVER_MS),
  }
  return await carryOut(ctx, record, order, { to: 'PAID', fields })
}

function assertIdle(record: ChallengeRecord, nowMs: number): void {
  const { state, lease, refund } = record
  const refuse = (reason: string): never => {
    throw new Key0Error('REFUND_NOT_POSSIBLE', { facts: { state, reason } })
  }
  if (state === 'REFUND_PENDING') refuse('its refund is under way')
  if (state !== 'PAID' && state !== 'REFUND_FAILED') refuse('nothing of it is owed')
  if (deliveryOf(record)) refuse('the buyer has what it paid for')
  if ((lease?.untilMs ?? 0) > nowMs) throw new Key0Error('DELIVERY_PENDING')
  if (!refund?.signature) return
  const deadMs = Number(refund.validBefore ?? 0n) * 1000 + SIGNATURE_MARGIN_MS
  if (nowMs < deadMs)
    refuse(`its refund was signed and may be executed until ${new Date(deadMs).toISOString()}`)
}

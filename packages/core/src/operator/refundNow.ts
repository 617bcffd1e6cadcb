import { Key0Error } from '../errors/Key0Error.ts'
import { type Continued, continueRefund } from '../usecases/continueRefund.ts'
import type { RefundContext } from '../usecases/RefundContext.ts'
import { carryOut, readRecord } from './carryOut.ts'
import { assertOrder, type Order } from './Order.ts'
import { OPERATOR_LEASE } from './operatorLease.ts'
import { planRefund, type RefundPlan, toPlannedRefund } from './planRefund.ts'
import { assertRefundsRun } from './refundSwitch.ts'

export type ManualRefund = Order & {
  /** Less than was paid: the seller keeps the rest. Default: all of it. */
  readonly amount?: bigint
  /** Only tell what would happen. */
  readonly dryRun?: boolean
}

export type RefundedNow = {
  readonly plan: RefundPlan
  /** Absent in a dry run. What is pending is continued by the workers. */
  readonly outcome?: Continued
}

/** Far longer than the steps take. When the process died between them, a worker then holds it. */
const KEPT_MS = 600_000

/**
 * Returns a payment now, whole or in part, by a named person's decision: money that is owed, held,
 * or whose refund failed. There is one refund for each payment, so a partial one settles it. The
 * rules against losses of the store and the caps do not stand against it; the chain, the switch
 * and the nonce do.
 *
 * @throws as `planRefund`; REFUND_BLOCKED and REFUNDS_STOPPED when something stands against it,
 * RECORD_CHANGED, CHALLENGE_UNKNOWN, REQUEST_MALFORMED. Nothing is changed by a refusal.
 */
export async function refundNow(
  ctx: RefundContext,
  id: string,
  { amount, dryRun = false, ...order }: ManualRefund,
): Promise<RefundedNow> {
  if (!dryRun) assertOrder(order)
  const record = await readRecord(ctx, id)
  const { plan, payment } = await planRefund(ctx, record, amount)
  if (dryRun) return { plan }
  await assertRefundsRun(ctx)
  if (plan.obstacles.length > 0 || !payment) {
    const facts = plan.obstacles.map((text, index) => [`obstacle ${index + 1}`, text])
    throw new Key0Error('REFUND_BLOCKED', { facts: Object.fromEntries(facts) })
  }
  let current = record
  if (current.state === 'REFUND_FAILED') {
    // Held, so that no worker begins with the whole of it before the next step.
    const fields = { refundError: undefined, held: `${order.actor} refunds it by hand` }
    current = await carryOut(ctx, current, order, { to: 'PAID', fields })
  }
  const nowMs = ctx.clock.nowMs()
  // It is this person's decision, whatever the store lost before now.
  const releasedAt = new Date(nowMs)
  if (current.held !== undefined) {
    const lease = { holder: `${OPERATOR_LEASE}${ctx.newId()}`, untilMs: nowMs + KEPT_MS }
    const fields = { held: undefined, releasedAt, nextVisitAt: undefined, lease }
    current = await carryOut(ctx, current, order, { to: 'PAID', fields })
  }
  const refund = toPlannedRefund(ctx, current, payment, { value: plan.value, by: order.actor })
  const fields = { refund, lease: undefined, releasedAt }
  const claimed = await carryOut(ctx, current, order, { to: 'REFUND_PENDING', fields })
  ctx.observe({ name: 'refund.progressed', challenge: claimed })
  return { plan, outcome: await continueRefund(ctx, claimed) }
}

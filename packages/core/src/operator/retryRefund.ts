import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { carryOut, readRecord } from './carryOut.ts'
import type { OperatorContext } from './OperatorContext.ts'
import { assertOrder, type Order } from './Order.ts'

/**
 * Hands a failed refund back to the workers: REFUND_FAILED -> PAID, with the same refund and the
 * same nonce, so that an attempt which did reach the chain is found instead of repeated.
 *
 * @throws REQUEST_MALFORMED, CHALLENGE_UNKNOWN, REFUND_NOT_FAILED, RECORD_CHANGED
 */
export async function retryRefund(
  ctx: OperatorContext,
  id: string,
  order: Order,
): Promise<ChallengeRecord> {
  assertOrder(order)
  const record = await readRecord(ctx, id)
  if (record.state !== 'REFUND_FAILED')
    throw new Key0Error('REFUND_NOT_FAILED', { facts: { state: record.state } })
  const fields = { refundError: undefined, nextVisitAt: undefined }
  return await carryOut(ctx, record, order, { to: 'PAID', fields })
}

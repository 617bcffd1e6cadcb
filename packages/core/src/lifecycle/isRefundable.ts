import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { deliveryOf } from './deliveryOf.ts'

/**
 * Whether a record's payment may go back, as far as its data tells. Age, leases and finality are
 * asked at the moment of the refund, not here.
 */
export function isRefundable(record: ChallengeRecord): boolean {
  return (
    record.state === 'PAID' &&
    record.fromAddress !== undefined &&
    deliveryOf(record) === undefined &&
    record.held === undefined
  )
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { hasOpenIntent } from './guard.ts'

/**
 * When a worker or a person must look at a record next (Unix ms), or `undefined` when nothing is left to do.
 * Stores index this value; it is derived from the record so that no writer can forget to set it.
 */
export function dueAtMs(record: ChallengeRecord): number | undefined {
  const visit = record.nextVisitAt?.getTime()
  switch (record.state) {
    case 'PENDING':
      return visit ?? (hasOpenIntent(record) ? record.updatedAt : record.expiresAt).getTime()
    case 'PAID':
    case 'REFUND_PENDING':
    // A person is asked for it: it is found, but no worker goes on with it.
    case 'REFUND_FAILED':
      return visit ?? record.updatedAt.getTime()
    case 'DELIVERED':
      return record.paymentFinal === false ? (visit ?? record.updatedAt.getTime()) : undefined
    case 'EXPIRED':
    case 'CANCELLED':
    case 'REFUNDED':
      return undefined
  }
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { hasOpenIntent } from './guard.ts'

/** How long settled records are kept, in seconds. */
export type Retention = {
  /** From creation, for an unpaid challenge. */
  readonly pendingTTLSeconds: number
  /** From creation, for refunded, expired and cancelled ones. */
  readonly recordTTLSeconds: number
  /** From delivery. */
  readonly deliveredTTLSeconds: number
}

export const defaultRetention: Retention = {
  pendingTTLSeconds: 604_800,
  recordTTLSeconds: 604_800,
  deliveredTTLSeconds: 43_200,
}

/**
 * When a record may be forgotten (Unix ms), or `undefined` while money is owed, held or may
 * still arrive: such a record never expires, whatever the settings say.
 */
export function forgetAtMs(record: ChallengeRecord, retention: Retention): number | undefined {
  if (record.held || hasOpenIntent(record)) return undefined
  const created = record.createdAt.getTime()
  switch (record.state) {
    case 'PENDING':
      return created + retention.pendingTTLSeconds * 1000
    case 'EXPIRED':
    case 'CANCELLED':
    case 'REFUNDED':
      return created + retention.recordTTLSeconds * 1000
    case 'DELIVERED':
      if (record.paymentFinal === false) return undefined
      return (
        (record.deliveredAt ?? record.updatedAt).getTime() + retention.deliveredTTLSeconds * 1000
      )
    case 'PAID':
    case 'REFUND_PENDING':
    case 'REFUND_FAILED':
      return undefined
  }
}

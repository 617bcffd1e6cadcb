import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { hasOpenIntent } from './guard.ts'

/** How long settled records are kept, in seconds. */
export type Retention = {
  /** From creation, for a challenge that nobody ever tried to pay, open or closed. */
  readonly pendingTTLSeconds: number
  /** From creation, for refunded ones, and expired and cancelled ones that somebody tried to pay. */
  readonly recordTTLSeconds: number
  /** From delivery; and at least so long from a refund, however late it came. */
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
  const after = (from: Date, seconds: number): number => from.getTime() + seconds * 1000
  const { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds } = retention
  const { createdAt, deliveredAt, refundedAt, updatedAt } = record
  switch (record.state) {
    case 'PENDING':
      return after(createdAt, pendingTTLSeconds)
    case 'EXPIRED':
    case 'CANCELLED':
      // A price that was only asked is worth no more once it is closed.
      if (!record.intent) return after(createdAt, Math.min(pendingTTLSeconds, recordTTLSeconds))
      return after(createdAt, recordTTLSeconds)
    case 'REFUNDED': {
      // Without it a buyer whose money came back late would never learn where it went.
      const told = after(refundedAt ?? createdAt, deliveredTTLSeconds)
      return Math.max(after(createdAt, recordTTLSeconds), told)
    }
    case 'DELIVERED':
      if (record.paymentFinal === false) return undefined
      return after(deliveredAt ?? updatedAt, deliveredTTLSeconds)
    case 'PAID':
    case 'REFUND_PENDING':
    case 'REFUND_FAILED':
      return undefined
  }
}

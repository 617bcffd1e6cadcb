import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'

/**
 * Why a record is held whose delivery may be among the writes that the store lost. Its buyer may
 * still be served: that is what was paid for, once more at most.
 */
export const STORE_LOST_WRITES = 'the store lost writes: its delivery may be among them'

/**
 * Why a record is held whose transaction the seller's own replay store knows from elsewhere: it may
 * have bought there, so it neither buys here nor goes back by itself.
 */
export const CLAIMED_ELSEWHERE =
  'its transaction was claimed in the replay store, and not for this challenge'

/** Why a challenge that can neither be paid nor delivered is closed, as the error to throw. */
export function closedError(record: ChallengeRecord): Key0Error {
  switch (record.state) {
    case 'EXPIRED':
      return new Key0Error('CHALLENGE_EXPIRED', {
        facts: { expiresAt: record.expiresAt.toISOString() },
      })
    case 'CANCELLED':
      return new Key0Error('CHALLENGE_CANCELLED')
    case 'REFUNDED':
      return new Key0Error('CHALLENGE_REFUNDED', {
        facts: { refundTxHash: record.refundTxHash ?? '' },
      })
    case 'PENDING':
      return new Key0Error('SETTLEMENT_PENDING')
    case 'PAID':
      if (record.held === CLAIMED_ELSEWHERE) return new Key0Error('PAYMENT_SPENT')
      return new Key0Error('CHALLENGE_REFUNDING', { facts: { state: record.state } })
    default:
      return new Key0Error('CHALLENGE_REFUNDING', { facts: { state: record.state } })
  }
}

/** What a buyer whose delivery failed is told: whether, and from when, the money goes back. */
export function refundFacts(
  record: ChallengeRecord,
  settings: { readonly refunds: boolean; readonly refundMinAgeMs: number },
): Record<string, string> {
  const eligible = (record.paidAt ?? record.updatedAt).getTime() + settings.refundMinAgeMs
  return {
    state: record.state,
    txHash: record.txHash ?? '',
    refund: settings.refunds ? 'automatic' : 'by the seller',
    refundNotBefore: new Date(eligible).toISOString(),
  }
}

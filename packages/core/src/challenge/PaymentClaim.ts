import type { PaymentRef } from './PaymentRef.ts'

/**
 * Who owns one payment. RESERVED while its settlement is under way, APPLIED once it bought its
 * challenge; the rest name money that bought nothing. Claims are permanent: they outlive records.
 */
export type PaymentClaim = {
  readonly paymentRef: PaymentRef
  readonly challengeId: string
  readonly disposition: 'RESERVED' | 'APPLIED' | 'SURPLUS' | 'LATE' | 'UNDER' | 'UNMATCHED'
}

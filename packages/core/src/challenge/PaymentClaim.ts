import type { PaymentRef } from './PaymentRef.ts'

/**
 * Why a payment bought nothing: the challenge was bought already, was closed, or cost more; or
 * nobody knows what it was for.
 */
export type Disposition = 'SURPLUS' | 'LATE' | 'UNDER' | 'UNMATCHED'

/**
 * Who owns one payment. RESERVED while its settlement is under way, APPLIED once it bought its
 * challenge; the rest name money that bought nothing. Claims are permanent: they outlive records.
 */
export type PaymentClaim = {
  readonly paymentRef: PaymentRef
  readonly challengeId: string
  readonly disposition: 'RESERVED' | 'APPLIED' | Disposition
}

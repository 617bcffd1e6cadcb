import type { ErrorCode } from '@key0/core'

/** The x402 extension's keys in a message's metadata (sections 7 of both versions), and our own. */
export const metadataKeys = {
  status: 'x402.payment.status',
  required: 'x402.payment.required',
  payload: 'x402.payment.payload',
  receipts: 'x402.payment.receipts',
  error: 'x402.payment.error',
  /** The stable code of a failure, with `title`, `retry` and `facts`. */
  problem: 'key0.problem',
  /** What becomes of money that bought nothing. */
  refund: 'key0.refund',
} as const

/** How far a payment came (section 7). */
export type PaymentStatus =
  | 'payment-required'
  | 'payment-submitted'
  | 'payment-rejected'
  | 'payment-completed'
  | 'payment-failed'

/** The extension's error codes (section 9.1). */
export type PaymentError =
  | 'INSUFFICIENT_FUNDS'
  | 'INVALID_SIGNATURE'
  | 'EXPIRED_PAYMENT'
  | 'DUPLICATE_NONCE'
  | 'NETWORK_MISMATCH'
  | 'INVALID_AMOUNT'
  | 'SETTLEMENT_FAILED'

const errors: Readonly<Partial<Record<ErrorCode, PaymentError>>> = {
  FUNDS_INSUFFICIENT: 'INSUFFICIENT_FUNDS',
  SIGNATURE_INVALID: 'INVALID_SIGNATURE',
  SIGNATURE_MALLEABLE: 'INVALID_SIGNATURE',
  AUTHORIZATION_EXPIRED: 'EXPIRED_PAYMENT',
  CHALLENGE_EXPIRED: 'EXPIRED_PAYMENT',
  TRANSFER_OUTSIDE_WINDOW: 'EXPIRED_PAYMENT',
  AUTHORIZATION_USED: 'DUPLICATE_NONCE',
  AUTHORIZATION_CANCELLED: 'DUPLICATE_NONCE',
  PAYMENT_SPENT: 'DUPLICATE_NONCE',
  PAYMENT_NETWORK_MISMATCH: 'NETWORK_MISMATCH',
  PAYMENT_VALUE_MISMATCH: 'INVALID_AMOUNT',
  TRANSFER_MISMATCH: 'INVALID_AMOUNT',
}

/** The extension's word for a failure; our own code stands beside it and says more. */
export function paymentErrorOf(code: ErrorCode): PaymentError {
  return errors[code] ?? 'SETTLEMENT_FAILED'
}

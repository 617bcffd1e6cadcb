import { type Payment, readPayment } from '@key0/checkout'
import { Key0Error } from '@key0/core'
import { headerNames } from '@key0/x402'

/** Whether a request claims to carry a payment, readable or not. */
export function hasPayment(headers: Headers): boolean {
  return headers.has(headerNames.paymentSignature) || headers.has(headerNames.v1Payment)
}

/** The version of x402 in which a request was paid for and is answered. */
export type Dialect = 'v1' | 'v2'

/** Answers to what cannot be told apart are written in version 2. */
export function dialectOf(headers: Headers): Dialect {
  return headers.has(headerNames.v1Payment) && !headers.has(headerNames.paymentSignature)
    ? 'v1'
    : 'v2'
}

/**
 * Reads the payment header of a request: `PAYMENT-SIGNATURE`, or `X-PAYMENT` of version 1.
 *
 * @throws as `readPayment`, and PAYMENT_MALFORMED for two payments at once, because a proxy in
 * front of us may have looked at the other one.
 */
export function readPaymentHeader(headers: Headers, maxBytes: number): Payment {
  const v2 = headers.get(headerNames.paymentSignature)
  const v1 = headers.get(headerNames.v1Payment)
  if (v1 === null) return readPayment(v2 ?? '', { maxBytes, x402Version: 2 })
  if (v2 === null) return readPayment(v1, { maxBytes, x402Version: 1 })
  const facts = { expected: 'PAYMENT-SIGNATURE without X-PAYMENT beside it' }
  throw new Key0Error('PAYMENT_MALFORMED', { facts })
}

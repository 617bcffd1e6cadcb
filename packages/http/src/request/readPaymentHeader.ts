import { type Payment, readPayment } from '@key0/checkout'
import { Key0Error } from '@key0/core'
import { headerNames } from '@key0/x402'

/** Whether a request claims to carry a payment, readable or not. */
export function hasPayment(headers: Headers): boolean {
  return headers.has(headerNames.paymentSignature) || headers.has(headerNames.v1Payment)
}

/**
 * Reads the payment header of an x402 v2 request.
 *
 * @throws as `readPayment`, and PAYMENT_MALFORMED for two payments at once, because a proxy in
 * front of us may have looked at the other one.
 */
export function readPaymentHeader(headers: Headers, maxBytes: number): Payment {
  const header = headers.get(headerNames.paymentSignature)
  if (header === null) {
    const facts = { expected: 'x402 version 2, in a PAYMENT-SIGNATURE header' }
    throw new Key0Error('PAYMENT_VERSION_UNSUPPORTED', { facts })
  }
  if (headers.has(headerNames.v1Payment)) {
    const facts = { expected: 'PAYMENT-SIGNATURE without X-PAYMENT beside it' }
    throw new Key0Error('PAYMENT_MALFORMED', { facts })
  }
  return readPayment(header, { maxBytes })
}

import {
  type ErrorCode,
  Key0Error,
  type PresentedPayment,
  type SignedAuthorization,
} from '@key0/core'
import {
  decodePaymentHeader,
  headerNames,
  type PaymentPayload,
  parsePaymentPayload,
  WireError,
  type WireErrorCode,
} from '@key0/x402'

/** Whether a request claims to carry a payment, readable or not. */
export function hasPayment(headers: Headers): boolean {
  return headers.has(headerNames.paymentSignature) || headers.has(headerNames.v1Payment)
}

/** Which of our codes a wire error becomes; all others are PAYMENT_MALFORMED. */
const codes: Partial<Record<WireErrorCode, ErrorCode>> = {
  HEADER_TOO_LARGE: 'HEADER_TOO_LARGE',
  JSON_TOO_LARGE: 'HEADER_TOO_LARGE',
  VERSION_UNSUPPORTED: 'PAYMENT_VERSION_UNSUPPORTED',
}

/**
 * Reads the payment header of an x402 v2 request.
 *
 * @throws HEADER_TOO_LARGE; PAYMENT_VERSION_UNSUPPORTED; PAYMENT_MALFORMED, also for two payments
 * at once, because a proxy in front of us may have looked at the other one.
 */
export function readPayment(headers: Headers, maxBytes: number): PaymentPayload {
  const header = headers.get(headerNames.paymentSignature)
  if (header === null) {
    const facts = { expected: 'x402 version 2, in a PAYMENT-SIGNATURE header' }
    throw new Key0Error('PAYMENT_VERSION_UNSUPPORTED', { facts })
  }
  if (headers.has(headerNames.v1Payment)) {
    const facts = { expected: 'PAYMENT-SIGNATURE without X-PAYMENT beside it' }
    throw new Key0Error('PAYMENT_MALFORMED', { facts })
  }
  return decode(() => decodePaymentHeader(header, { maxBytes }))
}

/**
 * Reads a payment that did not come in a request of ours: a header's text, or its decoded object.
 *
 * @param known The challenge it is for, when the caller knows and the payment may not say.
 * @throws as `readPayment`, and PAYMENT_MALFORMED when nobody names its challenge.
 */
export function readPresentedPayment(payment: string | object, known?: string): PresentedPayment {
  const payload = decode(() =>
    typeof payment === 'string' ? decodePaymentHeader(payment) : parsePaymentPayload(payment),
  )
  const challengeId = challengeIdOf(payload) ?? known
  if (challengeId === undefined) throw unnamed()
  return { challengeId, authorization: authorizationOf(payload), request: {} }
}

/** A payment that says nothing about the challenge it is for. */
export function unnamed(): Key0Error {
  const facts = {
    field: '$.accepted.extra.challengeId',
    expected: 'the challengeId of the offer, or a requestId in the body',
  }
  return new Key0Error('PAYMENT_MALFORMED', { facts })
}

function decode(read: () => PaymentPayload): PaymentPayload {
  try {
    return read()
  } catch (error) {
    if (!WireError.is(error)) throw error
    const facts = { field: error.path, expected: error.expected, reason: error.code }
    throw new Key0Error(codes[error.code] ?? 'PAYMENT_MALFORMED', { facts })
  }
}

const idShape = /^[A-Za-z0-9_-]{1,128}$/

/** Whether text could be one of our challenge ids; nothing else is looked up. */
export function isChallengeId(value: unknown): value is string {
  return typeof value === 'string' && idShape.test(value)
}

/**
 * The challenge a payment says it is for, as our offer said it and the client echoed it.
 *
 * @returns `undefined` when the payment says nothing about it.
 * @throws PAYMENT_MALFORMED for something that is no id.
 */
export function challengeIdOf({ accepted }: PaymentPayload): string | undefined {
  const { extra } = accepted
  if (extra === undefined || !Object.hasOwn(extra, 'challengeId')) return undefined
  if (isChallengeId(extra.challengeId)) return extra.challengeId
  const facts = {
    field: '$.accepted.extra.challengeId',
    expected: 'the challengeId of the offer, as it was given',
  }
  throw new Key0Error('PAYMENT_MALFORMED', { facts })
}

/** The signed authorization with its decimal strings read; the wire schema has checked them. */
export function authorizationOf({ payload }: PaymentPayload): SignedAuthorization {
  const { from, to, value, validAfter, validBefore, nonce } = payload.authorization
  return {
    from,
    to,
    nonce,
    value: BigInt(value),
    validAfter: BigInt(validAfter),
    validBefore: BigInt(validBefore),
    signature: payload.signature,
  }
}

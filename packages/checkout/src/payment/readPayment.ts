import {
  type ErrorCode,
  Key0Error,
  type PresentedPayment,
  type SignedAuthorization,
} from '@key0/core'
import {
  decodeAnyPayment,
  decodePaymentHeader,
  decodeV1PaymentHeader,
  type PaymentPayload,
  type PaymentRequirements,
  parseAnyPayment,
  toNetwork,
  type V1PaymentPayload,
  v1NetworkChainIds,
  WireError,
  type WireErrorCode,
} from '@key0/x402'
import { identifierOf } from '../extensions/paymentIdentifier.ts'

/** A payment as it was read; nothing about it has been believed yet. */
export type Payment = {
  /** The challenge it says it is for, if it says so: what our offer carried and it echoed. */
  readonly challengeId: string | undefined
  /** The offer its buyer says it took: in version 2 all of it. */
  readonly accepted: PaymentRequirements | V1Accepted
  readonly authorization: SignedAuthorization
  /** What its buyer calls the purchase, if it does (extension `payment-identifier`). */
  readonly identifier: string | undefined
}

/** All that a version 1 payment says about the offer it takes. */
type V1Accepted = Pick<PaymentRequirements, 'scheme' | 'network'>

/** How a payment is read. */
export type PaymentReading = {
  /** Longest header, in bytes. */
  readonly maxBytes?: number
  /** The version that the header's name says; absent: whichever the payment says. */
  readonly x402Version?: 1 | 2
}

const decoders = { 1: decodeV1PaymentHeader, 2: decodePaymentHeader, any: decodeAnyPayment }

/** Which of our codes a wire error becomes; all others are PAYMENT_MALFORMED. */
const codes: Partial<Record<WireErrorCode, ErrorCode>> = {
  HEADER_TOO_LARGE: 'HEADER_TOO_LARGE',
  JSON_TOO_LARGE: 'HEADER_TOO_LARGE',
  VERSION_UNSUPPORTED: 'PAYMENT_VERSION_UNSUPPORTED',
}

/**
 * Reads a payment of either version: the text of a header, or the object in it.
 *
 * @throws HEADER_TOO_LARGE, PAYMENT_VERSION_UNSUPPORTED, PAYMENT_MALFORMED.
 */
export function readPayment(payment: string | object, reading: PaymentReading = {}): Payment {
  const payload = decode(() =>
    typeof payment === 'string'
      ? decoders[reading.x402Version ?? 'any'](payment, reading)
      : parseAnyPayment(payment),
  )
  const authorization = authorizationOf(payload)
  if (payload.x402Version === 2) {
    const { accepted, extensions } = payload
    const identifier = identifierOf(extensions)
    return { challengeId: challengeIdOf(payload), accepted, authorization, identifier }
  }
  const { scheme, network } = payload
  const accepted = { scheme, network: toNetwork(v1NetworkChainIds[network]) }
  return { challengeId: undefined, accepted, authorization, identifier: undefined }
}

/**
 * Reads a payment for `Engine.settle`, outside any conversation.
 *
 * @param known The challenge it is for, when the caller knows and the payment may not say.
 * @throws as `readPayment`, and PAYMENT_MALFORMED when nobody names its challenge.
 */
export function readPresentedPayment(payment: string | object, known?: string): PresentedPayment {
  const { challengeId = known, authorization } = readPayment(payment)
  if (challengeId !== undefined) return { challengeId, authorization, request: {} }
  const facts = {
    field: '$.accepted.extra.challengeId',
    expected: 'the challengeId of the offer, or a requestId beside the payment',
  }
  throw new Key0Error('PAYMENT_MALFORMED', { facts })
}

type Payload = PaymentPayload | V1PaymentPayload

function decode(read: () => Payload): Payload {
  try {
    return read()
  } catch (error) {
    if (!WireError.is(error)) throw error
    throw new Key0Error(codes[error.code] ?? 'PAYMENT_MALFORMED', { facts: error.facts })
  }
}

const idShape = /^[A-Za-z0-9_-]{1,128}$/

/** Whether text could be one of our challenge ids; nothing else is looked up. */
export function isChallengeId(value: unknown): value is string {
  return typeof value === 'string' && idShape.test(value)
}

function challengeIdOf({ accepted }: PaymentPayload): string | undefined {
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
function authorizationOf({ payload }: Payload): SignedAuthorization {
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

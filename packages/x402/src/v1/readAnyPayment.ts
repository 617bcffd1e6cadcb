import { type HeaderLimits, readHeader } from '../http/HeaderJson.ts'
import { type PaymentPayload, PaymentPayloadSchema } from '../v2/PaymentPayload.ts'
import { check, toPlainJson } from '../v2/parseMessage.ts'
import { type V1PaymentPayload, V1PaymentPayloadSchema } from './PaymentPayload.ts'

/**
 * Reads a payment of either version from its header's text, where no header's name says which.
 *
 * @throws WireError as `decodePaymentHeader` does; `VERSION_UNSUPPORTED` for a third version.
 */
export const decodeAnyPayment = (
  header: string,
  limits: HeaderLimits = {},
): PaymentPayload | V1PaymentPayload => checkAny(readHeader(header, limits))

/** The same for a payment that arrived as an object. @throws WireError */
export const parseAnyPayment = (value: unknown): PaymentPayload | V1PaymentPayload =>
  checkAny(toPlainJson(value))

function checkAny(value: unknown): PaymentPayload | V1PaymentPayload {
  const first =
    typeof value === 'object' && value !== null && 'x402Version' in value && value.x402Version === 1
  return first ? check(V1PaymentPayloadSchema, value) : check(PaymentPayloadSchema, value)
}

import {
  HEADER_BUDGET_BYTES,
  type HeaderLimits,
  MAX_HEADER_BYTES,
  readHeader,
  writeHeader,
} from '../http/HeaderJson.ts'
import { type PaymentPayload, PaymentPayloadSchema } from './PaymentPayload.ts'
import { type PaymentRequired, PaymentRequiredSchema } from './PaymentRequired.ts'
import { check, withoutForeignOffers } from './parseMessage.ts'
import { type SettlementResponse, SettlementResponseSchema } from './SettlementResponse.ts'

/**
 * Reads a `PAYMENT-SIGNATURE` header. Accepts base64 and base64url; everything else is strict.
 *
 * @throws WireError with a `HEADER_*` or `JSON_*` code for the envelope, `VERSION_UNSUPPORTED`
 * for another version, `FIELD_INVALID` with the field's path for the rest. Each is a 400.
 * @example
 * const payment = decodePaymentHeader(request.headers.get('PAYMENT-SIGNATURE') ?? '')
 */
export function decodePaymentHeader(header: string, limits: HeaderLimits = {}): PaymentPayload {
  return check(PaymentPayloadSchema, readHeader(header, limits))
}

/**
 * Writes a `PAYMENT-SIGNATURE` header: the buyer's side.
 *
 * @throws WireError `FIELD_INVALID` and the like for a malformed payment, `HEADER_OVER_BUDGET`
 * above {@link MAX_HEADER_BYTES}.
 */
export function encodePaymentHeader(payment: PaymentPayload): string {
  return writeHeader(PaymentPayloadSchema, payment, MAX_HEADER_BYTES)
}

/**
 * Reads a `PAYMENT-REQUIRED` header: the buyer's side. Offers on other than EVM networks are left
 * out.
 *
 * @throws WireError as {@link decodePaymentHeader} does, also when no offer is left.
 */
export function decodePaymentRequired(header: string, limits: HeaderLimits = {}): PaymentRequired {
  return check(PaymentRequiredSchema, withoutForeignOffers(readHeader(header, limits)))
}

/**
 * Writes a `PAYMENT-REQUIRED` header in standard padded base64. Fields that the type does not
 * name are not sent.
 *
 * @throws WireError `FIELD_INVALID` and the like for a malformed challenge, `HEADER_OVER_BUDGET`
 * above {@link HEADER_BUDGET_BYTES}.
 */
export function encodePaymentRequired(challenge: PaymentRequired): string {
  return writeHeader(PaymentRequiredSchema, challenge, HEADER_BUDGET_BYTES)
}

/**
 * Reads a `PAYMENT-RESPONSE` header: the buyer's side.
 *
 * @throws WireError as {@link decodePaymentHeader} does.
 */
export function decodeSettlementResponse(
  header: string,
  limits: HeaderLimits = {},
): SettlementResponse {
  return check(SettlementResponseSchema, readHeader(header, limits))
}

/**
 * Writes a `PAYMENT-RESPONSE` header in standard padded base64. Fields that the type does not
 * name, such as a facilitator's `extensionResponses`, are not sent.
 *
 * @throws WireError `FIELD_INVALID` and the like for a malformed outcome, `HEADER_OVER_BUDGET`
 * above {@link HEADER_BUDGET_BYTES}.
 */
export function encodeSettlementResponse(outcome: SettlementResponse): string {
  return writeHeader(SettlementResponseSchema, outcome, HEADER_BUDGET_BYTES)
}

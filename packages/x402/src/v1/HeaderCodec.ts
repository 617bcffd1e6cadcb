import {
  HEADER_BUDGET_BYTES,
  type HeaderLimits,
  MAX_HEADER_BYTES,
  readHeader,
  writeHeader,
} from '../http/HeaderJson.ts'
import { check, toPlainJson } from '../v2/parseMessage.ts'
import { type V1PaymentPayload, V1PaymentPayloadSchema } from './PaymentPayload.ts'
import { type V1PaymentRequired, V1PaymentRequiredSchema } from './PaymentRequired.ts'
import { type V1SettlementResponse, V1SettlementResponseSchema } from './SettlementResponse.ts'

/**
 * Reads an `X-PAYMENT` header. Accepts base64 and base64url; everything else is strict.
 *
 * @throws WireError as `decodePaymentHeader` does; `VERSION_UNSUPPORTED` for a version 2 payment,
 * which travels in `PAYMENT-SIGNATURE`.
 */
export function decodeV1PaymentHeader(header: string, limits: HeaderLimits = {}): V1PaymentPayload {
  return check(V1PaymentPayloadSchema, readHeader(header, limits))
}

/** Writes an `X-PAYMENT` header: the buyer's side. @throws WireError as `encodePaymentHeader`. */
export function encodeV1PaymentHeader(payment: V1PaymentPayload): string {
  return writeHeader(V1PaymentPayloadSchema, payment, MAX_HEADER_BYTES)
}

/** Checks a version 1 payment that arrived as an object. @throws WireError */
export const parseV1PaymentPayload = (value: unknown): V1PaymentPayload =>
  check(V1PaymentPayloadSchema, toPlainJson(value))

/** Checks the body of a version 1 402: the buyer's side. @throws WireError */
export const parseV1PaymentRequired = (value: unknown): V1PaymentRequired =>
  check(V1PaymentRequiredSchema, toPlainJson(value))

/** Reads an `X-PAYMENT-RESPONSE` header: the buyer's side. @throws WireError */
export function decodeV1SettlementResponse(
  header: string,
  limits: HeaderLimits = {},
): V1SettlementResponse {
  return check(V1SettlementResponseSchema, readHeader(header, limits))
}

/**
 * Writes an `X-PAYMENT-RESPONSE` header in standard padded base64.
 *
 * @throws WireError as `encodeSettlementResponse` does.
 */
export function encodeV1SettlementResponse(outcome: V1SettlementResponse): string {
  return writeHeader(V1SettlementResponseSchema, outcome, HEADER_BUDGET_BYTES)
}

import type { z } from 'zod'
import { decodeBase64 } from '../http/decodeBase64.ts'
import { encodeBase64 } from '../http/encodeBase64.ts'
import { parseJson } from '../json/parseJson.ts'
import { WireError, type WireErrorCode } from '../WireError.ts'
import { type PaymentPayload, PaymentPayloadSchema } from './PaymentPayload.ts'
import { type PaymentRequired, PaymentRequiredSchema } from './PaymentRequired.ts'
import { check, toPlainJson, withoutForeignOffers } from './parseMessage.ts'
import { type SettlementResponse, SettlementResponseSchema } from './SettlementResponse.ts'

/** Longest header that is read, in bytes. Node refuses requests with more headers than this. */
export const MAX_HEADER_BYTES = 16_384

/**
 * Longest response header that is written, in bytes. Node's fetch fails at 16 KiB for all headers
 * together, and common proxies buffer 4 to 8 KiB.
 */
export const HEADER_BUDGET_BYTES = 8_192

/** Size from which a proxy with default settings may cut a response header off, in bytes. */
export const HEADER_WARN_BYTES = 4_096

/** How a header is read. */
export type HeaderLimits = {
  /** Longest accepted header, in bytes. Default {@link MAX_HEADER_BYTES}. */
  readonly maxBytes?: number
}

/** Whether a header is above {@link HEADER_WARN_BYTES}: worth a warning to the seller at start. */
export function isHeaderLarge(header: string): boolean {
  return header.length > HEADER_WARN_BYTES
}

/** Inside a header, JSON trouble is the header's trouble. */
const headerCodes: Partial<Record<WireErrorCode, WireErrorCode>> = {
  JSON_INVALID: 'HEADER_NOT_JSON',
  JSON_NOT_UTF8: 'HEADER_NOT_UTF8',
}

function readHeader(header: string, limits: HeaderLimits): unknown {
  const { maxBytes = MAX_HEADER_BYTES } = limits
  if (header.length > maxBytes) {
    throw new WireError('HEADER_TOO_LARGE', '$', `at most ${maxBytes} bytes`)
  }
  const bytes = decodeBase64(header)
  try {
    return parseJson(bytes, { maxBytes })
  } catch (error) {
    if (!WireError.is(error)) throw error
    const code = headerCodes[error.code] ?? error.code
    throw new WireError(code, error.path, error.expected, { cause: error })
  }
}

function writeHeader<T>(schema: z.ZodType<T>, message: T, budget: number): string {
  const header = encodeBase64(JSON.stringify(check(schema, toPlainJson(message))))
  if (header.length <= budget) return header
  throw new WireError('HEADER_OVER_BUDGET', '$', `at most ${budget} bytes, not ${header.length}`)
}

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

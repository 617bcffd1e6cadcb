import type { z } from 'zod'
import { formatPath } from '../json/formatPath.ts'
import { parseJson } from '../json/parseJson.ts'
import { WireError } from '../WireError.ts'
import type { FacilitatorRequest, SupportedResponse, VerifyResponse } from './Facilitator.ts'
import {
  FacilitatorRequestSchema,
  SupportedResponseSchema,
  VerifyResponseSchema,
} from './Facilitator.ts'
import { type PaymentPayload, PaymentPayloadSchema } from './PaymentPayload.ts'
import { type PaymentRequired, PaymentRequiredSchema } from './PaymentRequired.ts'
import { type SettlementResponse, SettlementResponseSchema } from './SettlementResponse.ts'

/** A parsed value of unknown shape in, a message out; the first bad field is reported. */
export function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path ?? []
  const code = issue && isOtherVersion(issue, value) ? 'VERSION_UNSUPPORTED' : 'FIELD_INVALID'
  throw new WireError(code, formatPath(path), issue?.message ?? 'a valid message')
}

/**
 * Whether a version was given and is not ours. A missing one is a bad field, not another protocol.
 * The version is the only literal in our schemas.
 */
function isOtherVersion(issue: z.core.$ZodIssue, value: unknown): boolean {
  if (issue.code !== 'invalid_value') return false
  const given = issue.path.reduce((at, key) => (at as Record<PropertyKey, unknown>)[key], value)
  return typeof given === 'number'
}

/**
 * Writes a value as JSON text and reads that back with all the checks of `parseJson`, so that an
 * object from a caller is held to the same rules as a header from the network.
 */
export function toPlainJson(value: unknown): unknown {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new WireError('FIELD_INVALID', '$', 'a value that can be written as JSON', { cause })
  }
  if (text === undefined) throw new WireError('FIELD_INVALID', '$', 'an object')
  return parseJson(text)
}

/**
 * Leaves out the offers of other chain families, which a buyer that speaks EVM cannot take: one
 * more way to pay must not make the whole challenge unreadable.
 */
export function withoutForeignOffers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('accepts' in value)) return value
  if (!Array.isArray(value.accepts)) return value
  return { ...value, accepts: value.accepts.filter((offer: unknown) => !isForeign(offer)) }
}

function isForeign(offer: unknown): boolean {
  if (typeof offer !== 'object' || offer === null || !('network' in offer)) return false
  const { network } = offer
  // CAIP-2 grammar. What does not follow it is malformed, not foreign, and is reported.
  const isCaip2 =
    typeof network === 'string' && /^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}$/.test(network)
  return isCaip2 && !network.startsWith('eip155:')
}

/**
 * Checks a payment that arrived as an object, as it does over A2A and MCP. Unknown keys are
 * dropped, except inside `extra` and `extensions`.
 *
 * @throws WireError `FIELD_INVALID`, `VERSION_UNSUPPORTED`, or what `parseJson` throws.
 */
export const parsePaymentPayload = (value: unknown): PaymentPayload =>
  check(PaymentPayloadSchema, toPlainJson(value))

/**
 * Checks a challenge that arrived as an object. Offers on other than EVM networks are left out.
 *
 * @throws WireError `FIELD_INVALID`, also when no offer is left, `VERSION_UNSUPPORTED`, or what
 * `parseJson` throws.
 */
export const parsePaymentRequired = (value: unknown): PaymentRequired =>
  check(PaymentRequiredSchema, withoutForeignOffers(toPlainJson(value)))

/** Checks a settlement's outcome. @throws WireError as {@link parsePaymentPayload} does. */
export const parseSettlementResponse = (value: unknown): SettlementResponse =>
  check(SettlementResponseSchema, toPlainJson(value))

/** Checks the answer to `POST /verify`. @throws WireError as {@link parsePaymentPayload} does. */
export const parseVerifyResponse = (value: unknown): VerifyResponse =>
  check(VerifyResponseSchema, toPlainJson(value))

/** Checks the answer to `GET /supported`. @throws WireError as {@link parsePaymentPayload} does. */
export const parseSupportedResponse = (value: unknown): SupportedResponse =>
  check(SupportedResponseSchema, toPlainJson(value))

/** Checks a facilitator's request. @throws WireError as {@link parsePaymentPayload} does. */
export const parseFacilitatorRequest = (value: unknown): FacilitatorRequest =>
  check(FacilitatorRequestSchema, toPlainJson(value))

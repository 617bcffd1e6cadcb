import { type Problem, problemOf, type Seller, toProblem } from '@key0/checkout'
import type { ErrorCode } from '@key0/core'

/**
 * Core code to HTTP status. 402 means exactly one thing: nothing was spent, and signing a payment
 * is the way on. A buyer's software signs again on a 402, so an outcome that is not known is 503,
 * and a proof of the payer that is missing or wrong is 403.
 */
export const httpStatus = {
  REQUEST_MALFORMED: 400,
  BODY_TOO_LARGE: 413,
  HEADER_TOO_LARGE: 431,
  METHOD_NOT_ALLOWED: 405,
  MEDIA_TYPE_UNSUPPORTED: 415,
  NOT_FOUND: 404,
  PATH_NOT_CANONICAL: 400,
  RESPONSE_NOT_KEPT: 410,
  ADMIN_TOKEN_INVALID: 401,
  ORIGIN_REFUSED: 403,
  PLAN_REQUIRED: 400,
  PLAN_UNKNOWN: 404,
  CHALLENGE_UNKNOWN: 404,
  DELIVERY_UNKNOWN: 404,
  REQUEST_CONFLICT: 409,
  PAYMENT_REQUIRED: 402,
  PAYMENT_MALFORMED: 400,
  PAYMENT_VERSION_UNSUPPORTED: 400,
  PAYMENT_OFFER_MISMATCH: 402,
  PAYMENT_SCHEME_UNSUPPORTED: 402,
  PAYMENT_NETWORK_MISMATCH: 402,
  PAYMENT_ASSET_MISMATCH: 402,
  PAYMENT_PAYEE_MISMATCH: 402,
  PAYMENT_VALUE_MISMATCH: 402,
  AUTHORIZATION_EXPIRED: 402,
  AUTHORIZATION_NOT_YET_VALID: 402,
  AUTHORIZATION_TOO_LONG: 402,
  AUTHORIZATION_CANCELLED: 402,
  AUTHORIZATION_USED: 402,
  SIGNATURE_INVALID: 402,
  SIGNATURE_MALLEABLE: 402,
  FUNDS_INSUFFICIENT: 402,
  PAYER_BLOCKED: 402,
  TOKEN_PAUSED: 503,
  SIMULATION_FAILED: 402,
  FACILITATOR_REFUSED: 402,
  TRANSFER_NOT_FOUND: 404,
  TRANSFER_MISMATCH: 409,
  TRANSFER_OUTSIDE_WINDOW: 409,
  PAYER_PROOF_REQUIRED: 403,
  PAYER_PROOF_INVALID: 403,
  PAYMENT_SPENT: 409,
  CHALLENGE_EXPIRED: 410,
  CHALLENGE_CANCELLED: 410,
  CHALLENGE_REFUNDING: 410,
  CHALLENGE_REFUNDED: 410,
  CHALLENGE_NOT_CANCELLABLE: 409,
  SETTLEMENT_PENDING: 503,
  DELIVERY_PENDING: 503,
  DELIVERY_FAILED: 502,
  BACKEND_UNREACHABLE: 502,
  CHAIN_UNREACHABLE: 503,
  STORE_UNAVAILABLE: 503,
  SELLING_PAUSED: 503,
  OVERLOADED: 503,
  INTERNAL: 500,
  // No caller can do anything about these: they are answered as INTERNAL.
  RAW_BODY_MISSING: 500,
  CONFIG_INVALID: 500,
  CHAIN_MISMATCH: 500,
  MONEY_INVALID: 500,
  TRANSITION_ILLEGAL: 500,
  SIGNER_REFUSED: 500,
  SIGNER_MISMATCH: 500,
  REFUND_NOT_POSSIBLE: 500,
  REFUND_NOT_FAILED: 500,
  REFUND_TOO_LARGE: 500,
  REFUND_BLOCKED: 500,
  REFUNDS_STOPPED: 500,
  NOT_HELD: 500,
  RECORD_CHANGED: 500,
} as const

/** Total: deleting a row, or adding a code to core without one, fails to compile. */
const statuses: Readonly<Record<ErrorCode, number>> = httpStatus

/** A failure as it is told over HTTP. */
export type HttpProblem = Problem & { readonly status: number }

/** A problem with its status. */
export function withStatus(problem: Problem): HttpProblem {
  return { ...problem, status: statuses[problem.code] }
}

/** The problem a code makes. */
export function httpProblemOf(code: ErrorCode): HttpProblem {
  return withStatus(problemOf(code))
}

/** What may be told of anything that was thrown; see `toProblem` of `@key0/checkout`. */
export function toHttpProblem(error: unknown): HttpProblem {
  return withStatus(toProblem(error))
}

/** Seconds to wait before the same request is worth repeating; given where `retry` is `later`. */
export const retryAfterSeconds = 2

/** The members of an answer's JSON that describe a problem; a superset of RFC 9457's. */
export function problemMembers(
  { code, status, title, retry, facts }: HttpProblem,
  { docsUrl }: Seller,
): object {
  return {
    ...(docsUrl !== undefined && { type: `${docsUrl}/${code}` }),
    title,
    status,
    code,
    retry,
    facts,
  }
}

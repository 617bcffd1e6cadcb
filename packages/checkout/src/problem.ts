import { type ErrorCode, errorCodes, Key0Error, type Retry } from '@key0/core'

/** A failure as it is told to a caller, in no protocol's words yet. */
export type Problem = {
  readonly code: ErrorCode
  /** The code's one-sentence meaning; always our own fixed text. */
  readonly title: string
  readonly retry: Retry
  readonly facts: Readonly<Record<string, string>>
}

/**
 * - `pay`: nothing was spent, and signing a payment is the way on. Only these come with an offer:
 *   a buyer's software signs again whenever it is shown one.
 * - `told`: an answer of another kind.
 * - `ours`: no caller can do anything about it; told as INTERNAL without a word.
 */
type Standing = 'pay' | 'told' | 'ours'

/** Total: deleting a row, or adding a code to core without one, fails to compile. */
const standings: Readonly<Record<ErrorCode, Standing>> = {
  REQUEST_MALFORMED: 'told',
  BODY_TOO_LARGE: 'told',
  HEADER_TOO_LARGE: 'told',
  METHOD_NOT_ALLOWED: 'told',
  MEDIA_TYPE_UNSUPPORTED: 'told',
  NOT_FOUND: 'told',
  PATH_NOT_CANONICAL: 'told',
  ADMIN_TOKEN_INVALID: 'told',
  ORIGIN_REFUSED: 'told',
  PLAN_REQUIRED: 'told',
  PLAN_UNKNOWN: 'told',
  CHALLENGE_UNKNOWN: 'told',
  DELIVERY_UNKNOWN: 'told',
  REQUEST_CONFLICT: 'told',
  PAYMENT_REQUIRED: 'pay',
  PAYMENT_MALFORMED: 'told',
  PAYMENT_VERSION_UNSUPPORTED: 'told',
  PAYMENT_OFFER_MISMATCH: 'pay',
  PAYMENT_SCHEME_UNSUPPORTED: 'pay',
  PAYMENT_NETWORK_MISMATCH: 'pay',
  PAYMENT_ASSET_MISMATCH: 'pay',
  PAYMENT_PAYEE_MISMATCH: 'pay',
  PAYMENT_VALUE_MISMATCH: 'pay',
  AUTHORIZATION_EXPIRED: 'pay',
  AUTHORIZATION_NOT_YET_VALID: 'pay',
  AUTHORIZATION_TOO_LONG: 'pay',
  AUTHORIZATION_CANCELLED: 'pay',
  AUTHORIZATION_USED: 'pay',
  SIGNATURE_INVALID: 'pay',
  SIGNATURE_MALLEABLE: 'pay',
  FUNDS_INSUFFICIENT: 'pay',
  PAYER_BLOCKED: 'pay',
  TOKEN_PAUSED: 'told',
  SIMULATION_FAILED: 'pay',
  FACILITATOR_REFUSED: 'pay',
  TRANSFER_NOT_FOUND: 'told',
  TRANSFER_MISMATCH: 'told',
  TRANSFER_OUTSIDE_WINDOW: 'told',
  PAYER_PROOF_REQUIRED: 'told',
  PAYER_PROOF_INVALID: 'told',
  PAYMENT_SPENT: 'told',
  CHALLENGE_EXPIRED: 'told',
  CHALLENGE_CANCELLED: 'told',
  CHALLENGE_REFUNDING: 'told',
  CHALLENGE_REFUNDED: 'told',
  RESPONSE_NOT_KEPT: 'told',
  CHALLENGE_NOT_CANCELLABLE: 'told',
  SETTLEMENT_PENDING: 'told',
  DELIVERY_PENDING: 'told',
  DELIVERY_FAILED: 'told',
  BACKEND_UNREACHABLE: 'told',
  CHAIN_UNREACHABLE: 'told',
  STORE_UNAVAILABLE: 'told',
  SELLING_PAUSED: 'told',
  OVERLOADED: 'told',
  INTERNAL: 'ours',
  RAW_BODY_MISSING: 'ours',
  CONFIG_INVALID: 'ours',
  CHAIN_MISMATCH: 'ours',
  MONEY_INVALID: 'ours',
  TRANSITION_ILLEGAL: 'ours',
  SIGNER_REFUSED: 'ours',
  SIGNER_MISMATCH: 'ours',
  REFUND_NOT_POSSIBLE: 'ours',
  REFUND_NOT_FAILED: 'ours',
  REFUND_TOO_LARGE: 'ours',
  REFUND_BLOCKED: 'ours',
  REFUNDS_STOPPED: 'ours',
  NOT_HELD: 'ours',
  RECORD_CHANGED: 'ours',
}

/** Whether a failure is answered with an offer: nothing was spent, and signing is the way on. */
export function asksToPay(code: ErrorCode): boolean {
  return standings[code] === 'pay'
}

/** The problem a code makes. */
export function problemOf(code: ErrorCode, facts: Problem['facts'] = {}): Problem {
  const { retry, summary } = errorCodes[code]
  return { code, title: summary, retry, facts }
}

/**
 * What may be told of anything that was thrown. A code that this version does not know, one that
 * only the seller can act on, and everything that is no `Key0Error` become INTERNAL without a word.
 */
export function toProblem(error: unknown): Problem {
  if (!Key0Error.is(error) || !Object.hasOwn(standings, error.code)) return problemOf('INTERNAL')
  if (standings[error.code] === 'ours') return problemOf('INTERNAL')
  // Which ids exist is nobody's business.
  if (error.code === 'CHALLENGE_UNKNOWN') return problemOf('CHALLENGE_UNKNOWN')
  return problemOf(error.code, error.facts)
}

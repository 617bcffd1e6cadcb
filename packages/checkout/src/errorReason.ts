import type { ErrorCode } from '@key0/core'
import { type ErrorReason, settlementPending } from '@key0/x402'

/**
 * Where x402 has a word for it (v2 section 9, and the nonce reason that facilitators send).
 * Everything whose outcome is unknown says `settlement_pending`, the one reason on which clients
 * know not to sign again.
 */
const reasons = {
  PAYMENT_MALFORMED: 'invalid_payload',
  PAYMENT_VERSION_UNSUPPORTED: 'invalid_x402_version',
  PAYMENT_OFFER_MISMATCH: 'invalid_payment_requirements',
  PAYMENT_SCHEME_UNSUPPORTED: 'unsupported_scheme',
  PAYMENT_NETWORK_MISMATCH: 'invalid_network',
  PAYMENT_ASSET_MISMATCH: 'invalid_payment_requirements',
  PAYMENT_PAYEE_MISMATCH: 'invalid_exact_evm_payload_recipient_mismatch',
  PAYMENT_VALUE_MISMATCH: 'invalid_exact_evm_payload_authorization_value_mismatch',
  AUTHORIZATION_EXPIRED: 'invalid_exact_evm_payload_authorization_valid_before',
  AUTHORIZATION_TOO_LONG: 'invalid_exact_evm_payload_authorization_valid_before',
  AUTHORIZATION_NOT_YET_VALID: 'invalid_exact_evm_payload_authorization_valid_after',
  AUTHORIZATION_USED: 'invalid_exact_evm_nonce_already_used',
  SIGNATURE_INVALID: 'invalid_exact_evm_payload_signature',
  SIGNATURE_MALLEABLE: 'invalid_exact_evm_payload_signature',
  FUNDS_INSUFFICIENT: 'insufficient_funds',
  SIMULATION_FAILED: 'invalid_transaction_state',
  FACILITATOR_REFUSED: 'unexpected_verify_error',
  SETTLEMENT_PENDING: settlementPending,
  CHAIN_UNREACHABLE: settlementPending,
  STORE_UNAVAILABLE: settlementPending,
  INTERNAL: settlementPending,
} as const

type Known = ErrorReason | typeof settlementPending | 'invalid_exact_evm_nonce_already_used'
const known: Readonly<Partial<Record<ErrorCode, Known>>> = reasons

/** The `errorReason` of a `PAYMENT-RESPONSE`: x402's own word, or our code in lower case. */
export function errorReasonOf(code: ErrorCode): string {
  return known[code] ?? code.toLowerCase()
}

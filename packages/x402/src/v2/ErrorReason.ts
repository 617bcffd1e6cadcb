/**
 * The reasons of x402 v2 section 9. What facilitators really send is a longer and growing list,
 * so an incoming reason stays an open string: show it, log it, and decide only by the functions
 * below.
 */
export const errorReasons = [
  'insufficient_funds',
  'invalid_exact_evm_payload_authorization_valid_after',
  'invalid_exact_evm_payload_authorization_valid_before',
  'invalid_exact_evm_payload_authorization_value_mismatch',
  'invalid_exact_evm_payload_signature',
  'invalid_exact_evm_payload_recipient_mismatch',
  'invalid_network',
  'invalid_payload',
  'invalid_payment_requirements',
  'invalid_scheme',
  'unsupported_scheme',
  'invalid_x402_version',
  'invalid_transaction_state',
  'unexpected_verify_error',
  'unexpected_settle_error',
] as const

/** A reason that the specification lists. */
export type ErrorReason = (typeof errorReasons)[number]

/** What a settlement whose fate is not known yet answers; some facilitators do so with a 500. */
export const settlementPending = 'settlement_pending'

type Reasoned = { readonly errorReason?: string | null | undefined }

/**
 * Whether the transfer may still happen. Such an answer is neither paid nor unpaid: never answer
 * it with a 402, because a buyer signs again on a 402 and pays twice.
 */
export function isSettlementPending(response: Reasoned): boolean {
  return response.errorReason === settlementPending
}

/**
 * Whether the authorization's nonce was found used. That is usually evidence of payment: look up
 * on chain who used it before calling the request unpaid.
 */
export function isNonceAlreadyUsed(response: Reasoned): boolean {
  return response.errorReason === 'invalid_exact_evm_nonce_already_used'
}

/**
 * What a caller should do about an error. `never`: the same request fails again. `fix`: change
 * the request. `later`: the same request, unchanged, may succeed. `sign`: a new payment, or a
 * new proof of the payer, is needed.
 */
export type Retry = 'never' | 'fix' | 'later' | 'sign'

type Entry = { readonly retry: Retry; readonly summary: string }

/** Every failure Key0 can name. A code is public API: it may be added, never reused. */
export const errorCodes = {
  // The request itself.
  REQUEST_MALFORMED: { retry: 'fix', summary: 'The request is not what this endpoint reads.' },
  BODY_TOO_LARGE: { retry: 'fix', summary: 'The request body is too large.' },
  HEADER_TOO_LARGE: { retry: 'fix', summary: 'A request header is too large.' },
  METHOD_NOT_ALLOWED: { retry: 'fix', summary: 'This path does not answer this method.' },
  MEDIA_TYPE_UNSUPPORTED: { retry: 'fix', summary: 'The body must be JSON.' },
  NOT_FOUND: { retry: 'fix', summary: 'There is nothing at this path.' },
  ADMIN_TOKEN_INVALID: { retry: 'fix', summary: 'The operator’s token is missing or wrong.' },
  ORIGIN_REFUSED: { retry: 'never', summary: 'Pages from there may not ask here.' },
  PLAN_REQUIRED: { retry: 'fix', summary: 'The request names no plan.' },
  PLAN_UNKNOWN: { retry: 'fix', summary: 'No plan has this id.' },
  PATH_NOT_CANONICAL: { retry: 'fix', summary: 'The path is not in its one canonical spelling.' },
  CHALLENGE_UNKNOWN: { retry: 'fix', summary: 'No challenge has this id.' },
  DELIVERY_UNKNOWN: { retry: 'fix', summary: 'No endpoint, event or dead letter has this name.' },
  REQUEST_CONFLICT: { retry: 'fix', summary: 'This id already names another request.' },
  // The payment, found wanting before anything was spent.
  PAYMENT_REQUIRED: { retry: 'sign', summary: 'This request must be paid for.' },
  PAYMENT_MALFORMED: { retry: 'fix', summary: 'The payment header cannot be read.' },
  PAYMENT_VERSION_UNSUPPORTED: { retry: 'fix', summary: 'This x402 version is not spoken here.' },
  PAYMENT_OFFER_MISMATCH: {
    retry: 'sign',
    summary: 'The payment accepts another offer than ours.',
  },
  PAYMENT_SCHEME_UNSUPPORTED: { retry: 'sign', summary: 'This payment scheme is not offered.' },
  PAYMENT_NETWORK_MISMATCH: { retry: 'sign', summary: 'The payment is for another network.' },
  PAYMENT_ASSET_MISMATCH: { retry: 'sign', summary: 'The payment is in another asset.' },
  PAYMENT_PAYEE_MISMATCH: { retry: 'sign', summary: 'The payment goes to somebody else.' },
  PAYMENT_VALUE_MISMATCH: { retry: 'sign', summary: 'The payment is not the exact price.' },
  AUTHORIZATION_EXPIRED: {
    retry: 'sign',
    summary: 'The authorization ends too soon or has ended.',
  },
  AUTHORIZATION_NOT_YET_VALID: {
    retry: 'sign',
    summary: 'The authorization starts in the future.',
  },
  AUTHORIZATION_TOO_LONG: {
    retry: 'sign',
    summary: 'The authorization lives longer than we accept.',
  },
  AUTHORIZATION_CANCELLED: {
    retry: 'sign',
    summary: 'The authorization was cancelled by its signer.',
  },
  AUTHORIZATION_USED: {
    retry: 'sign',
    summary: 'The authorization was used before it reached us.',
  },
  SIGNATURE_INVALID: { retry: 'sign', summary: 'The signature is not the payer’s.' },
  SIGNATURE_MALLEABLE: {
    retry: 'sign',
    summary: 'The signature is not in its canonical (low-s) form.',
  },
  FUNDS_INSUFFICIENT: { retry: 'sign', summary: 'The payer’s balance is below the price.' },
  PAYER_BLOCKED: { retry: 'never', summary: 'The token’s issuer blocks the payer or the payee.' },
  TOKEN_PAUSED: { retry: 'later', summary: 'The token’s issuer has paused all transfers.' },
  SIMULATION_FAILED: { retry: 'sign', summary: 'The token would refuse this payment.' },
  FACILITATOR_REFUSED: { retry: 'sign', summary: 'The facilitator would refuse this payment.' },
  // A presented transfer.
  TRANSFER_NOT_FOUND: { retry: 'later', summary: 'The transaction pays nothing we can see yet.' },
  TRANSFER_MISMATCH: {
    retry: 'fix',
    summary: 'The transaction does not make the transfer asked for.',
  },
  TRANSFER_OUTSIDE_WINDOW: {
    retry: 'fix',
    summary: 'The transfer was not made while the challenge was open.',
  },
  PAYER_PROOF_REQUIRED: {
    retry: 'sign',
    summary: 'A mined payment is public: the payer must sign to show who is asking.',
  },
  PAYER_PROOF_INVALID: { retry: 'sign', summary: 'The proof was not signed by the payer.' },
  PAYMENT_SPENT: { retry: 'never', summary: 'This payment already bought something else.' },
  // The challenge's own state.
  CHALLENGE_EXPIRED: { retry: 'fix', summary: 'The challenge’s deadline has passed.' },
  CHALLENGE_CANCELLED: { retry: 'fix', summary: 'The challenge was cancelled.' },
  CHALLENGE_REFUNDING: { retry: 'never', summary: 'The payment is on its way back to the payer.' },
  CHALLENGE_REFUNDED: { retry: 'never', summary: 'The payment was returned to the payer.' },
  RESPONSE_NOT_KEPT: {
    retry: 'never',
    summary: 'The response was a stream: it was delivered once and is not kept.',
  },
  CHALLENGE_NOT_CANCELLABLE: {
    retry: 'never',
    summary: 'The challenge can no longer be cancelled.',
  },
  // Not decided yet. The client repeats the very same request; it never pays again.
  SETTLEMENT_PENDING: {
    retry: 'later',
    summary: 'The payment is on its way; its fate is not known yet.',
  },
  DELIVERY_PENDING: { retry: 'later', summary: 'The payment arrived; the delivery is under way.' },
  DELIVERY_FAILED: { retry: 'later', summary: 'The payment arrived but the delivery failed.' },
  BACKEND_UNREACHABLE: { retry: 'later', summary: 'The seller’s server gave no answer.' },
  CHAIN_UNREACHABLE: { retry: 'later', summary: 'The chain could not be asked.' },
  STORE_UNAVAILABLE: { retry: 'later', summary: 'The store could not be asked.' },
  SELLING_PAUSED: { retry: 'later', summary: 'The seller sells nothing right now.' },
  OVERLOADED: { retry: 'later', summary: 'There are too many open challenges.' },
  INTERNAL: { retry: 'later', summary: 'Something failed on our side.' },
  // The seller's and the operator's side.
  RAW_BODY_MISSING: {
    retry: 'fix',
    summary: 'The body was read before Key0 saw it, and nothing of it was left to read.',
  },
  CONFIG_INVALID: { retry: 'fix', summary: 'The configuration is not valid.' },
  CHAIN_MISMATCH: { retry: 'fix', summary: 'The chain is not the one configured.' },
  MONEY_INVALID: { retry: 'fix', summary: 'This is not an amount of money.' },
  TRANSITION_ILLEGAL: { retry: 'never', summary: 'The lifecycle has no such transition.' },
  SIGNER_REFUSED: { retry: 'never', summary: 'The signer did not sign.' },
  SIGNER_MISMATCH: { retry: 'fix', summary: 'The key is not the payee’s.' },
  REFUND_NOT_POSSIBLE: { retry: 'never', summary: 'This challenge has nothing to refund.' },
  REFUND_NOT_FAILED: { retry: 'never', summary: 'Only a failed refund is tried again.' },
  REFUND_TOO_LARGE: {
    retry: 'fix',
    summary: 'The refund is more than what is left of the payment.',
  },
  REFUND_BLOCKED: { retry: 'later', summary: 'Something stands against this refund now.' },
  REFUNDS_STOPPED: { retry: 'later', summary: 'An operator stopped all refunds.' },
  NOT_HELD: { retry: 'never', summary: 'This money is not held.' },
  RECORD_CHANGED: { retry: 'later', summary: 'The record was changed by somebody else meanwhile.' },
} as const

/** Every entry is whole: a missing or misspelt part fails to compile. */
export const errorEntries: Readonly<Record<ErrorCode, Entry>> = errorCodes

export type ErrorCode = keyof typeof errorCodes

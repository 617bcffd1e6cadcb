/**
 * Every header name of the x402 HTTP transport. HTTP compares names without case; these are the
 * spellings of the specification (transports v1 and v2).
 */
export const headerNames = {
  /** v2 challenge, on a 402: base64 JSON `PaymentRequired`. */
  paymentRequired: 'PAYMENT-REQUIRED',
  /** v2 payment, on a request: base64 JSON `PaymentPayload`. */
  paymentSignature: 'PAYMENT-SIGNATURE',
  /** v2 result, on success and on settlement failure: base64 JSON `SettlementResponse`. */
  paymentResponse: 'PAYMENT-RESPONSE',
  /** v1 payment, on a request. */
  v1Payment: 'X-PAYMENT',
  /** v1 result. */
  v1PaymentResponse: 'X-PAYMENT-RESPONSE',
  /** Proof of a wallet (sign-in-with-x extension), on a request. */
  signInWithX: 'SIGN-IN-WITH-X',
  /** From a facilitator to its server only; never forward it to a buyer. */
  extensionResponses: 'EXTENSION-RESPONSES',
} as const

/**
 * What browsers must be told so that a page can pay (Fetch standard, CORS protocol).
 *
 * `Access-Control-Expose-Headers` among the allowed request headers is not a slip: the reference
 * clients send it as a request header on the paid retry, and a preflight must let it through.
 */
export const corsHeaders = {
  /** Values for `Access-Control-Allow-Headers`. */
  allow: [
    'Content-Type',
    'PAYMENT-SIGNATURE',
    'X-PAYMENT',
    'SIGN-IN-WITH-X',
    'Access-Control-Expose-Headers',
  ],
  /** Values for `Access-Control-Expose-Headers`. */
  expose: ['PAYMENT-REQUIRED', 'PAYMENT-RESPONSE', 'X-PAYMENT-RESPONSE'],
} as const

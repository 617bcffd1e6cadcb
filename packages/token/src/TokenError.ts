/**
 * Every failure this package can throw, in order of precedence: when a token is wrong in two ways,
 * the earlier row wins. A code is public API: it may be added, never reused.
 *
 * `status` is the HTTP status a backend should answer with (RFC 6750 section 3.1): 401 for a
 * credential that does not hold, 403 for a good token that buys something else, 500 for a mistake
 * in this process, 503 when the keys could not be fetched.
 */
export const tokenErrorCodes = {
  OPTIONS_INVALID: { status: 500, summary: 'An option is missing or malformed.' },
  CLOCK_INVALID: { status: 500, summary: 'The clock did not answer with a time.' },
  SECRET_INVALID: { status: 500, summary: 'The HS256 secret is not usable text or bytes.' },
  SECRET_TOO_SHORT: { status: 500, summary: 'The HS256 secret is too short.' },
  SECRET_IS_KEY: { status: 500, summary: 'The HS256 secret is a PEM key.' },
  KEY_MALFORMED: { status: 500, summary: 'The key could not be parsed.' },
  KEY_WRONG_TYPE: { status: 500, summary: 'The key is of the wrong kind.' },
  KEY_TOO_WEAK: { status: 500, summary: 'The RSA key is too weak.' },
  KEY_MISMATCH: { status: 500, summary: 'The public key does not belong to the private key.' },
  KEY_ID_INVALID: { status: 500, summary: 'The key id is malformed.' },
  CLAIM_INVALID: { status: 500, summary: 'A claim cannot be signed.' },
  TTL_INVALID: { status: 500, summary: 'The time to live is out of range.' },
  AUTHORIZATION_MISSING: { status: 401, summary: 'There is no Authorization header.' },
  AUTHORIZATION_DUPLICATE: { status: 401, summary: 'There is more than one credential.' },
  AUTHORIZATION_MALFORMED: { status: 401, summary: 'The Authorization header is malformed.' },
  TOKEN_TOO_LARGE: { status: 401, summary: 'The token is too large.' },
  TOKEN_MALFORMED: { status: 401, summary: 'The token is not a signed JWT.' },
  TOKEN_HEADER_UNSUPPORTED: { status: 401, summary: 'The token header is not one we issue.' },
  TOKEN_TYPE_WRONG: { status: 401, summary: 'The token is of another type.' },
  TOKEN_ALGORITHM_WRONG: { status: 401, summary: 'The token uses another algorithm.' },
  JWKS_UNAVAILABLE: { status: 503, summary: 'The verification keys could not be fetched.' },
  TOKEN_KEY_UNKNOWN: { status: 401, summary: 'The token names a key that is not trusted.' },
  TOKEN_SIGNATURE_WRONG: { status: 401, summary: 'The signature does not verify.' },
  TOKEN_CLAIM_MISSING: { status: 401, summary: 'The token lacks a claim.' },
  TOKEN_CLAIM_INVALID: { status: 401, summary: 'The token has a malformed claim.' },
  TOKEN_ISSUER_WRONG: { status: 401, summary: 'The token was issued by somebody else.' },
  TOKEN_AUDIENCE_WRONG: { status: 401, summary: 'The token is meant for somebody else.' },
  TOKEN_NOT_YET_VALID: { status: 401, summary: 'The token is not valid yet.' },
  TOKEN_EXPIRED: { status: 401, summary: 'The token has expired.' },
  TOKEN_RESOURCE_WRONG: { status: 403, summary: 'The token buys another resource.' },
  TOKEN_PLAN_WRONG: { status: 403, summary: 'The token buys another plan.' },
} as const

/** The closed set of codes a {@link TokenError} can carry. */
export type TokenErrorCode = keyof typeof tokenErrorCodes

/**
 * The one error this package throws. Its message says what was expected and never repeats what
 * was received, so it may be logged or sent to the caller: no token, secret or key is ever in it.
 */
export class TokenError<code extends TokenErrorCode = TokenErrorCode> extends Error {
  override readonly name = 'TokenError'
  readonly code: code

  constructor(code: code, expected: string, options: { readonly cause?: unknown } = {}) {
    super(`${tokenErrorCodes[code].summary} Expected ${expected}.`, options)
    this.code = code
  }

  /** The HTTP status to answer with; see {@link tokenErrorCodes}. */
  get status(): 401 | 403 | 500 | 503 {
    return tokenErrorCodes[this.code].status
  }

  /** Works across duplicate copies of this package, where `instanceof` does not. */
  static is<code extends TokenErrorCode = TokenErrorCode>(
    value: unknown,
    code?: code,
  ): value is TokenError<code> {
    const known = value instanceof Error && value.name === 'TokenError' && 'code' in value
    return known && (code === undefined || value.code === code)
  }
}

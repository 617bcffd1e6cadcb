/** What a token says about one purchase, as the issuer is told it. */
export type AccessGrantClaims = {
  /** The requestId the client chose. */
  readonly sub: string
  /** The challengeId that was paid. */
  readonly jti: string
  readonly resourceId: string
  readonly planId: string
  /** The transaction that paid; a service token may carry a word instead. */
  readonly txHash: string
  /** Overrides the issuer's own `issuer` option for this token. */
  readonly iss?: string
  /** Overrides the issuer's own `audience` option for this token. */
  readonly aud?: string
}

/** A verified token's claims. Instants are NumericDates: whole seconds since the Unix epoch. */
export type AccessClaims = {
  readonly sub: string
  readonly jti: string
  readonly resourceId: string
  readonly planId: string
  readonly txHash: string
  readonly iat: number
  readonly exp: number
  readonly nbf?: number
  readonly iss?: string
  readonly aud?: string | readonly string[]
}

/** The claims every token carries besides its two dates. */
export const grantClaims = ['sub', 'jti', 'resourceId', 'planId', 'txHash'] as const

/** The longest claim, in UTF-16 code units. */
const maxClaimLength = 1024

/** The longest life of a token: 365 days. The issuer signs no longer one, a verifier takes none. */
export const maxTtlSeconds = 31_536_000

/** What {@link isClaimText} accepts, in words. */
export const claimText: string = `1 to ${maxClaimLength} characters without control characters`

/**
 * True for text fit to be a claim. Control characters are refused because claims end up in logs
 * and headers, lone surrogates because they do not survive UTF-8.
 */
export function isClaimText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= maxClaimLength &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value)
  )
}

import { SignJWT } from 'jose'
import {
  type AccessClaims,
  type AccessGrantClaims,
  claimText,
  grantClaims,
  isClaimText,
  maxTtlSeconds,
} from './claims/AccessClaims.ts'
import {
  type Clock,
  type ClockOptions,
  type ExpectationOptions,
  type Expectations,
  parseClock,
  parseExpectations,
} from './claims/Expectations.ts'
import {
  type Algorithm,
  parseSigningKey,
  parseVerificationKeys,
  type Signer,
  type SigningKey,
  type VerificationKey,
  type Verifier,
} from './keys/AccessKey.ts'
import { localKeyring } from './keys/Keyring.ts'
import { TokenError } from './TokenError.ts'
import { toLowS } from './verify/oneSpelling.ts'
import { maxTokenLength } from './verify/readCompact.ts'
import { verifyToken } from './verify/verifyToken.ts'

/** Options of {@link AccessTokenIssuer}: `issuer` and `audience` are both written and demanded. */
export type AccessTokenIssuerOptions = Pick<ExpectationOptions, 'issuer' | 'audience'> &
  ClockOptions

/** A signed token, ready for the `Authorization` header. */
export type AccessToken = {
  readonly token: string
  /** The instant of the `exp` claim. */
  readonly expiresAt: Date
  readonly tokenType: 'Bearer'
}

/** A public key as RFC 7517 writes it, with the members of its kind (RFC 7518 section 6). */
export type PublicJwk = (
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string; readonly alg: 'RS256' }
  | {
      readonly kty: 'EC'
      readonly crv: 'P-256'
      readonly x: string
      readonly y: string
      readonly alg: 'ES256'
    }
) & { readonly use: 'sig'; readonly kid?: string }

/**
 * Signs and verifies access tokens with one key, whose kind fixes the algorithm for good.
 * Everything is parsed and checked by the constructor, so a bad key stops a deployment at start.
 *
 * @example
 * const issuer = new AccessTokenIssuer(secret)
 * const { token } = await issuer.sign({ sub, jti, resourceId, planId, txHash })
 */
export class AccessTokenIssuer {
  readonly #signer: Signer
  readonly #expected: Expectations
  readonly #clock: Clock

  /** @throws TokenError with an `OPTIONS_`, `SECRET_` or `KEY_` code. */
  constructor(key: SigningKey, options: AccessTokenIssuerOptions = {}) {
    this.#signer = parseSigningKey(key)
    this.#expected = parseExpectations(options)
    this.#clock = parseClock(options)
  }

  /** The algorithm every token of this issuer has. */
  get algorithm(): Algorithm {
    return this.#signer.algorithm
  }

  /**
   * Signs one token. `ttlSeconds` is 1 to 31,536,000 (365 days); `iat` is now rounded down to a
   * whole second, `exp` is `iat + ttlSeconds`. Only the claims named in the type are signed.
   *
   * @throws TokenError `CLAIM_INVALID`, `TTL_INVALID` or `CLOCK_INVALID`.
   */
  async sign(claims: AccessGrantClaims, ttlSeconds = 3_600): Promise<AccessToken> {
    const payload = this.#payload(claims)
    if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maxTtlSeconds)
      throw new TokenError('TTL_INVALID', `ttlSeconds to be 1 to ${maxTtlSeconds} whole seconds`)
    const iat = Math.floor(this.#clock.nowMs() / 1_000)
    const exp = iat + ttlSeconds
    const { algorithm: alg, keyId: kid, signingKey } = this.#signer
    const signed = await new SignJWT({ ...payload, iat, exp })
      .setProtectedHeader({ alg, typ: 'JWT', ...(kid !== undefined && { kid }) })
      .sign(signingKey)
    const token = alg === 'ES256' ? toLowS(signed) : signed
    if (token.length > maxTokenLength)
      throw new TokenError('CLAIM_INVALID', `claims that fit a token of ${maxTokenLength} bytes`)
    return { token, expiresAt: new Date(exp * 1_000), tokenType: 'Bearer' }
  }

  /**
   * Verifies a token of this issuer. `expected` adds to, or replaces, the issuer's own
   * `issuer` and `audience`.
   *
   * @throws TokenError with a `TOKEN_` code.
   */
  async verify(token: string, expected: ExpectationOptions = {}): Promise<AccessClaims> {
    return this.verifyWithFallback(token, [], expected)
  }

  /**
   * Verifies a token signed with this issuer's key or with one of `olderKeys`: during a rotation
   * two keys verify and one signs. Each key verifies its own algorithm only. Keys given as text
   * are parsed once per process, not once per call.
   *
   * @throws TokenError with a `TOKEN_` code, or a `SECRET_` or `KEY_` code for a bad older key.
   */
  async verifyWithFallback(
    token: string,
    olderKeys: readonly VerificationKey[],
    expected: ExpectationOptions = {},
  ): Promise<AccessClaims> {
    const keyring = localKeyring([this.#signer, ...parseVerificationKeys(olderKeys)])
    const own = this.#expected
    const asked = parseExpectations(expected)
    const expectations = {
      ...asked,
      issuer: asked.issuer ?? own.issuer,
      audience: asked.audience ?? own.audience,
    }
    return verifyToken(token, keyring, expectations, this.#clock)
  }

  /**
   * The public keys to serve at a `jwksUrl`, this issuer's first, then the older ones that still
   * verify. Secrets never appear: an HS256 issuer answers with an empty list.
   */
  jwks(olderKeys: readonly VerificationKey[] = []): { readonly keys: readonly PublicJwk[] } {
    const keys = [this.#signer, ...parseVerificationKeys(olderKeys)].flatMap((verifier) => {
      const jwk = toPublicJwk(verifier)
      return jwk === undefined ? [] : [jwk]
    })
    return { keys }
  }

  #payload(claims: AccessGrantClaims): Record<string, string> {
    const payload: Record<string, string> = {}
    for (const name of grantClaims) payload[name] = readClaim(claims?.[name], name)
    const iss: unknown = claims.iss ?? this.#expected.issuer
    const aud: unknown = claims.aud ?? this.#expected.audience
    if (iss !== undefined) payload.iss = readClaim(iss, 'iss')
    if (aud !== undefined) payload.aud = readClaim(aud, 'aud')
    return payload
  }
}

function toPublicJwk({ algorithm: alg, key, keyId: kid }: Verifier): PublicJwk | undefined {
  const common = { use: 'sig', ...(kid !== undefined && { kid }) } as const
  if (alg === 'HS256') return undefined
  const { n = '', e = '', x = '', y = '' } = key.export({ format: 'jwk' })
  if (alg === 'RS256') return { kty: 'RSA', n, e, alg, ...common }
  return { kty: 'EC', crv: 'P-256', x, y, alg, ...common }
}

function readClaim(value: unknown, name: string): string {
  if (!isClaimText(value)) throw new TokenError('CLAIM_INVALID', `claim ${name} to be ${claimText}`)
  return value
}

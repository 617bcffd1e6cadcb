import { TokenError } from '../TokenError.ts'
import {
  type AccessClaims,
  claimText,
  grantClaims,
  isClaimText,
  maxTtlSeconds,
} from './AccessClaims.ts'
import type { Clock, Expectations } from './Expectations.ts'

type Payload = Readonly<Record<string, unknown>>

/**
 * Reads the claims of a token whose signature holds, in the order of precedence of the error
 * codes. Claims we do not issue are left out of the answer.
 *
 * @throws TokenError with a `TOKEN_` code.
 */
export function checkClaims(payload: Payload, expected: Expectations, clock: Clock): AccessClaims {
  const claims = readClaims(payload)
  checkParties(claims, expected)
  checkTimes(claims, clock)
  if (expected.resourceId !== undefined && claims.resourceId !== expected.resourceId)
    throw new TokenError('TOKEN_RESOURCE_WRONG', 'the resourceId this backend serves')
  if (expected.planIds !== undefined && !expected.planIds.includes(claims.planId))
    throw new TokenError('TOKEN_PLAN_WRONG', 'one of the planIds this backend serves')
  return claims
}

function readClaims(payload: Payload): AccessClaims {
  for (const name of [...grantClaims, 'iat', 'exp'])
    if (!Object.hasOwn(payload, name)) throw new TokenError('TOKEN_CLAIM_MISSING', `claim ${name}`)
  const [iat, exp] = [readDate(payload, 'iat'), readDate(payload, 'exp')]
  if (exp <= iat || exp - iat > maxTtlSeconds)
    throw new TokenError(
      'TOKEN_CLAIM_INVALID',
      `claim exp to be 1 to ${maxTtlSeconds} seconds after iat`,
    )
  return {
    sub: readText(payload, 'sub'),
    jti: readText(payload, 'jti'),
    resourceId: readText(payload, 'resourceId'),
    planId: readText(payload, 'planId'),
    txHash: readText(payload, 'txHash'),
    iat,
    exp,
    ...(Object.hasOwn(payload, 'nbf') && { nbf: readDate(payload, 'nbf') }),
    ...(Object.hasOwn(payload, 'iss') && { iss: readText(payload, 'iss') }),
    ...(Object.hasOwn(payload, 'aud') && { aud: readAudience(payload) }),
  }
}

function checkParties({ iss, aud }: AccessClaims, { issuer, audience }: Expectations): void {
  if (issuer !== undefined && iss !== issuer)
    throw new TokenError('TOKEN_ISSUER_WRONG', 'claim iss to name the configured issuer')
  if (audience === undefined && aud !== undefined)
    throw new TokenError('TOKEN_AUDIENCE_WRONG', 'no claim aud, as no audience is configured')
  if (audience !== undefined && !(typeof aud === 'string' ? [aud] : (aud ?? [])).includes(audience))
    throw new TokenError('TOKEN_AUDIENCE_WRONG', 'claim aud to name the configured audience')
}

function checkTimes({ iat, nbf = iat, exp }: AccessClaims, clock: Clock): void {
  const nowMs = clock.nowMs()
  if (Math.max(iat, nbf) * 1_000 > nowMs + clock.toleranceMs)
    throw new TokenError('TOKEN_NOT_YET_VALID', 'claims iat and nbf to be in the past')
  // RFC 7519 section 4.1.4: on or after exp the token is dead.
  if (nowMs >= exp * 1_000 + clock.toleranceMs)
    throw new TokenError('TOKEN_EXPIRED', 'claim exp to be in the future')
}

function readText(payload: Payload, name: string): string {
  const value = payload[name]
  if (!isClaimText(value))
    throw new TokenError('TOKEN_CLAIM_INVALID', `claim ${name} to be ${claimText}`)
  return value
}

function readDate(payload: Payload, name: string): number {
  const value = payload[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new TokenError('TOKEN_CLAIM_INVALID', `claim ${name} to be whole seconds since 1970`)
  return value
}

function readAudience(payload: Payload): string | readonly string[] {
  const value = payload.aud
  if (Array.isArray(value) && value.length > 0 && value.every(isClaimText)) return value
  return readText(payload, 'aud')
}

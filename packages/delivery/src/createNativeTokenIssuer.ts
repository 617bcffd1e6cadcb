import type { CredentialIssuer, CredentialRequest, Issued } from '@key0/core'
import { type AccessGrantClaims, maxTtlSeconds, TokenError } from '@key0/token'
import { misconfigured, parseDuration } from './configuration.ts'
import { withDeadline } from './withDeadline.ts'

/** The part of `AccessTokenIssuer` that is used; a signer in a key service fits as well. */
export type TokenSigner = {
  sign(
    claims: AccessGrantClaims,
    ttlSeconds: number,
  ): Promise<{ readonly token: string; readonly expiresAt: Date; readonly tokenType: string }>
}

export type NativeTokenIssuerOptions = {
  readonly issuer: TokenSigner
  /** How long a token lives, 1 to 31,536,000 (365 days). Default 3600. */
  readonly ttlSeconds?: number
  /** How long signing may take. Default 1000: the time of a busy machine, not of RSA. */
  readonly timeoutMs?: number
}

/**
 * Signs the credential in this process: a JWT whose `sub` is the requestId and whose `jti` is the
 * challengeId, with `resourceId`, `planId` and `txHash`. A repetition gives a token with the same
 * `jti` and a later end. It never answers `unknown`: a token nobody received was not issued.
 *
 * @throws Key0Error `CONFIG_INVALID` naming the option.
 */
export function createNativeTokenIssuer(options: NativeTokenIssuerOptions): CredentialIssuer {
  const { issuer, ttlSeconds = 3_600 } = options
  const timeoutMs = parseDuration(options.timeoutMs ?? 1_000, 'timeoutMs')
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maxTtlSeconds)
    throw misconfigured('ttlSeconds', `1 to ${maxTtlSeconds} whole seconds`)

  const issue = async (request: CredentialRequest, signal: AbortSignal): Promise<Issued> => {
    const { requestId: sub, challengeId: jti, resourceId, planId, txHash } = request
    const claims = { sub, jti, resourceId, planId, txHash }
    const ended = await withDeadline(timeoutMs, signal, () => issuer.sign(claims, ttlSeconds))
    switch (ended.kind) {
      case 'done': {
        const { token: accessToken, tokenType, expiresAt } = ended.value
        return { kind: 'issued', credential: { accessToken, tokenType, expiresAt } }
      }
      case 'late':
        return { kind: 'failed', reason: `no signature within ${timeoutMs} ms` }
      case 'stopped':
        return { kind: 'failed', reason: 'stopped by the caller' }
      case 'threw': {
        const code = TokenError.is(ended.cause) ? ended.cause.code : 'unexpected error'
        return { kind: 'failed', reason: `the token could not be signed (${code})` }
      }
    }
  }

  return { issue, worstCaseMs: timeoutMs }
}

import { randomUUID } from 'node:crypto'
import { type AccessGrantClaims, maxTtlSeconds } from '@key0/token'
import { misconfigured } from '../configuration.ts'
import type { AuthHeaderProvider } from './AuthHeaderProvider.ts'

/** The part of `AccessTokenIssuer` that is used; a signer in a key service fits as well. */
export type ServiceTokenSigner = {
  sign(claims: AccessGrantClaims, ttlSeconds: number): Promise<{ readonly token: string }>
}

/**
 * Sends `Authorization: Bearer <JWT>`, signed anew for every attempt. The token names the service
 * (`sub: key0-service`), the backend it is for (`aud` and `resourceId`), and nothing that was
 * bought (`planId: system`, `txHash: system-auth`). Because it has an `aud`, a verifier of access
 * tokens, which expects none, does not take it for one.
 *
 * @param ttlSeconds How long a token lives, in seconds. Default 60.
 * @throws Key0Error `CONFIG_INVALID` for an empty audience or a life that is none.
 *
 * @example
 * signedJwtAuth(new AccessTokenIssuer(secret), 'backend-service')
 */
export function signedJwtAuth(
  issuer: ServiceTokenSigner,
  audience: string,
  ttlSeconds = 60,
): AuthHeaderProvider {
  if (typeof audience !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(audience))
    throw misconfigured('audience', '1 to 255 visible ASCII characters without spaces')
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > maxTtlSeconds)
    throw misconfigured('ttlSeconds', `1 to ${maxTtlSeconds} whole seconds`)
  return async () => {
    const { token } = await issuer.sign(
      {
        sub: 'key0-service',
        jti: randomUUID(),
        aud: audience,
        resourceId: audience,
        planId: 'system',
        txHash: 'system-auth',
      },
      ttlSeconds,
    )
    return { authorization: `Bearer ${token}` }
  }
}

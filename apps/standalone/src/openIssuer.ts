import type { CredentialIssuer, Revoker } from '@key0/core'
import {
  type AuthHeaderProvider,
  createNativeTokenIssuer,
  createRemoteRevoker,
  createRemoteTokenIssuer,
  noAuth,
  sharedSecretAuth,
  signedJwtAuth,
} from '@key0/delivery'
import { AccessTokenIssuer, type PublicJwk } from '@key0/token'
import type { BackendAuth, TokenConfig, TokenKey } from './GatewayConfig.ts'
import { tokenTtlSeconds } from './toDiscovery.ts'

/** Whom service tokens are for: the backend expects this audience. */
const AUDIENCE = 'backend-service'

export type OpenIssuer = {
  readonly issuer: CredentialIssuer
  /** What verifies our tokens and may be published; none for a secret or a backend's own tokens. */
  readonly jwks: { readonly keys: readonly PublicJwk[] }
}

/** Who mints what was bought. */
export function openIssuer(token: TokenConfig): OpenIssuer {
  if (token.mode === 'remote') {
    const { url, auth, timeoutMs, retries } = token
    const issuer = createRemoteTokenIssuer({ url, auth: toAuth(auth), timeoutMs, retries })
    return { issuer, jwks: { keys: [] } }
  }
  const signer = toSigner(token.key)
  return {
    issuer: createNativeTokenIssuer({ issuer: signer, ttlSeconds: tokenTtlSeconds }),
    jwks: signer.jwks('previous' in token.key ? token.key.previous : []),
  }
}

/** Who withdraws it again, where the backend offers that. */
export function openRevoker(token: TokenConfig): Revoker | undefined {
  if (token.mode === 'native' || token.revokeUrl === undefined) return undefined
  return createRemoteRevoker({ url: token.revokeUrl, auth: toAuth(token.auth) })
}

/** How the backend knows who is calling. */
export function toAuth(auth: BackendAuth): AuthHeaderProvider {
  switch (auth.strategy) {
    case 'none':
      return noAuth()
    case 'shared-secret':
      return sharedSecretAuth(auth.header, auth.value)
    case 'jwt':
      return signedJwtAuth(toSigner(auth.key), AUDIENCE)
  }
}

function toSigner(key: TokenKey): AccessTokenIssuer {
  if ('secret' in key) return new AccessTokenIssuer(key.secret)
  const { privateKey, keyId } = key
  return new AccessTokenIssuer({ privateKey, keyId })
}

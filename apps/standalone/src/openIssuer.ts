import { toAuth } from '@key0/app-kit'
import type { CredentialIssuer, Revoker } from '@key0/core'
import {
  createNativeTokenIssuer,
  createRemoteRevoker,
  createRemoteTokenIssuer,
} from '@key0/delivery'
import type { PublicJwk } from '@key0/token'
import type { TokenConfig } from './GatewayConfig.ts'
import { tokenTtlSeconds } from './toDiscovery.ts'
import { toSigner } from './toSigner.ts'

export type OpenIssuer = {
  readonly issuer: CredentialIssuer
  /** What verifies our tokens and may be published; none for a secret or a backend's own tokens. */
  readonly jwks: { readonly keys: readonly PublicJwk[] }
}

/** Who mints what was bought. */
export function openIssuer(token: TokenConfig): OpenIssuer {
  if (token.mode === 'none') return { issuer: nobody, jwks: { keys: [] } }
  if (token.mode === 'remote') {
    const { url, auth, timeoutMs, retries } = token
    const issuer = createRemoteTokenIssuer({
      url,
      auth: toAuth(auth, toSigner),
      timeoutMs,
      retries,
    })
    return { issuer, jwks: { keys: [] } }
  }
  const signer = toSigner(token.key)
  return {
    issuer: createNativeTokenIssuer({ issuer: signer, ttlSeconds: tokenTtlSeconds }),
    jwks: signer.jwks('previous' in token.key ? token.key.previous : []),
  }
}

const nobody: CredentialIssuer = {
  worstCaseMs: 0,
  issue: async () => ({ kind: 'failed', reason: 'no plan is sold here' }),
}

/** Who withdraws it again, where the backend offers that. */
export function openRevoker(token: TokenConfig): Revoker | undefined {
  if (token.mode !== 'remote' || token.revokeUrl === undefined) return undefined
  return createRemoteRevoker({ url: token.revokeUrl, auth: toAuth(token.auth, toSigner) })
}

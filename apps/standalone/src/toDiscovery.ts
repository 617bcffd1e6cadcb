import type { DiscoveryOptions, TokenInfo } from '@key0/http'
import { maxTokenLength } from '@key0/token'
import type { GatewayConfig } from './GatewayConfig.ts'

/** Where the public keys of tokens are. */
export const jwksPath = '/.well-known/jwks.json'

/** How long a token lives that this process signs. */
export const tokenTtlSeconds = 3_600

/** What the documents tell, and which of them there are. */
export function toDiscovery({ documents, token, publicUrl }: GatewayConfig): DiscoveryOptions {
  const { tokenInfo, ...switches } = documents
  if (!tokenInfo || token.mode === 'none') return switches
  return { ...switches, tokenInfo: describeToken(token, publicUrl) }
}

/** The format of what buyers bring to the seller's backend. */
function describeToken(
  token: Exclude<GatewayConfig['token'], { readonly mode: 'none' }>,
  publicUrl: string,
): TokenInfo {
  const { mode } = token
  // What a backend made itself, it knows best.
  if (mode === 'remote') return { mode, format: 'opaque', tokenType: 'Bearer' }
  const { key } = token
  return {
    mode,
    format: 'jwt',
    tokenType: 'Bearer',
    ...('secret' in key
      ? { algorithm: 'HS256' as const }
      : { algorithm: key.algorithm, jwksUrl: `${publicUrl}${jwksPath}` }),
    ttlSeconds: tokenTtlSeconds,
    maxLength: maxTokenLength,
    claims: {
      sub: 'the requestId that the client chose',
      jti: 'the challengeId that was paid',
      resourceId: 'what the plan is for',
      planId: 'the plan that was bought',
      txHash: 'the transaction that paid',
      iat: 'issued at, in seconds since 1970',
      exp: 'ends at, in seconds since 1970',
    },
  }
}

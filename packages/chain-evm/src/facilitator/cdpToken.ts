import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { Key0Error } from '@key0/core'
import { SignJWT } from 'jose'

/** A key of the Coinbase Developer Platform, read once. */
export type CdpKey = {
  readonly id: string
  readonly alg: 'ES256' | 'EdDSA'
  readonly key: KeyObject
}

const lifetimeSeconds = 120
// RFC 8410: what precedes the 32 bytes of an Ed25519 key in PKCS #8.
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Reads a CDP secret in either form that the portal hands out: a PEM of an EC key (ES256), whose
 * line ends may be written as `\n`, or base64 of 64 bytes, seed and public key (Ed25519).
 *
 * @throws CONFIG_INVALID, never with the secret.
 */
export function readCdpKey(id: string, secret: string): CdpKey {
  const text = secret.replaceAll('\\n', '\n').trim()
  try {
    if (text.startsWith('-----BEGIN')) {
      const key = createPrivateKey(text)
      const curve = key.asymmetricKeyDetails?.namedCurve
      if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return { id, alg: 'ES256', key }
    } else {
      const bytes = Buffer.from(text, 'base64')
      if (bytes.length === 64) {
        const der = Buffer.concat([pkcs8, bytes.subarray(0, 32)])
        return {
          id,
          alg: 'EdDSA',
          key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
        }
      }
    }
  } catch {
    // The library's own words may repeat the secret.
  }
  const expected = 'a PEM of an EC P-256 key, or base64 of a 64-byte Ed25519 key'
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'cdpApiKeySecret', expected } })
}

/**
 * Makes the bearer token of one request. It is good for this method, host and path only, for two
 * minutes. Source: docs.cdp.coinbase.com, "JWT authentication".
 */
export async function makeCdpToken(
  { id, alg, key }: CdpKey,
  request: { readonly method: 'GET' | 'POST'; readonly url: URL; readonly nowMs: number },
): Promise<string> {
  const { method, url } = request
  const now = Math.floor(request.nowMs / 1000)
  const uris = [`${method} ${url.host}${url.pathname}`]
  return await new SignJWT({ sub: id, iss: 'cdp', aud: ['cdp_service'], uris })
    .setProtectedHeader({ alg, kid: id, typ: 'JWT', nonce: randomBytes(16).toString('hex') })
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + lifetimeSeconds)
    .sign(key)
}

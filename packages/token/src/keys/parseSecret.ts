import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { remember } from '../remember.ts'
import { TokenError } from '../TokenError.ts'

/** RFC 7518 section 3.2: an HS256 key is at least as long as the hash output. */
const minSecretBytes = 32

const parsed = new Map<string, KeyObject>()

/**
 * Turns an HS256 secret into a key, once per distinct secret. A string counts in UTF-8 bytes.
 *
 * A PEM key is refused: an RSA public key is no secret, and accepting it here is exactly the
 * confusion by which a public key becomes an HMAC key anybody can sign with.
 *
 * @throws TokenError `SECRET_INVALID`, `SECRET_IS_KEY` or `SECRET_TOO_SHORT`.
 */
export function parseSecret(secret: unknown): KeyObject {
  const bytes = toBytes(secret)
  if (looksLikePem(Buffer.from(bytes).toString('latin1')))
    throw new TokenError(
      'SECRET_IS_KEY',
      "random text or bytes; an RSA key is configured with algorithm: 'RS256'",
    )
  if (bytes.byteLength < minSecretBytes)
    throw new TokenError('SECRET_TOO_SHORT', `at least ${minSecretBytes} bytes in UTF-8`)
  const digest = createHash('sha256').update(bytes).digest('base64url')
  return remember(parsed, digest, () => createSecretKey(bytes))
}

/** True for text that is, or pretends to be, a PEM block (RFC 7468). */
export function looksLikePem(text: string): boolean {
  return text.includes('-----BEGIN ')
}

function toBytes(secret: unknown): Uint8Array {
  if (secret instanceof Uint8Array) return secret
  // A lone surrogate would encode as U+FFFD, making different secrets equal.
  if (typeof secret === 'string' && secret.isWellFormed()) return new TextEncoder().encode(secret)
  throw new TokenError('SECRET_INVALID', 'a well-formed string or a Uint8Array')
}

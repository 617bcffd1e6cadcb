import type { KeyObject } from 'node:crypto'
import { type CryptoKey, compactVerify } from 'jose'
import type { AccessClaims } from '../claims/AccessClaims.ts'
import { checkClaims } from '../claims/checkClaims.ts'
import type { Clock, Expectations } from '../claims/Expectations.ts'
import type { Algorithm } from '../keys/AccessKey.ts'
import type { Keyring } from '../keys/Keyring.ts'
import { TokenError } from '../TokenError.ts'
import { isLowS } from './oneSpelling.ts'
import { parseJsonObject, readCompact } from './readCompact.ts'

/**
 * The one path by which a token is believed: form, pinned algorithm, trusted key, signature,
 * claims, in that order.
 *
 * @throws TokenError with a `TOKEN_` code, or `JWKS_UNAVAILABLE`.
 */
export async function verifyToken(
  token: unknown,
  keyring: Keyring,
  expected: Expectations,
  clock: Clock,
): Promise<AccessClaims> {
  if (typeof token !== 'string') throw new TokenError('TOKEN_MALFORMED', 'a string')
  const { algorithm, keys } = await keyring.find(readCompact(token))
  const payload = await openSignature(token, algorithm, keys)
  return checkClaims(parseJsonObject(payload), expected, clock)
}

async function openSignature(
  token: string,
  algorithm: Algorithm,
  keys: readonly (KeyObject | CryptoKey)[],
): Promise<Uint8Array> {
  if (algorithm === 'ES256' && !isLowS(token)) throw wrongSignature()
  for (const key of keys) {
    // Whatever the cryptography objects to, the answer is the same: this key does not vouch.
    const opened = await compactVerify(token, key, { algorithms: [algorithm] }).catch(() => null)
    if (opened) return opened.payload
  }
  throw wrongSignature()
}

function wrongSignature(): TokenError {
  return new TokenError('TOKEN_SIGNATURE_WRONG', 'a signature by one of the trusted keys')
}

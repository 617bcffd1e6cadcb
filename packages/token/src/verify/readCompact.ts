import type { KeyHint } from '../keys/Keyring.ts'
import { TokenError } from '../TokenError.ts'

/** The longest token, in characters: what common servers accept as one header line. */
export const maxTokenLength = 8192

const knownHeaders = new Set(['alg', 'typ', 'kid'])

/**
 * Checks the outside of a token before any cryptography: size, compact form (RFC 7515 section
 * 7.1), canonical base64url, and a header with nothing in it but `alg`, `typ` and `kid`. The
 * header's words are hints to be compared; no `jwk`, `jku`, `x5c` or `crit` is ever looked at.
 *
 * Base64url must be canonical (RFC 4648 section 3.5): the last character of a signature has
 * spare bits, and ignoring them would let one token be written in several ways, which defeats
 * deny lists and caches that go by the token's text.
 *
 * @throws TokenError `TOKEN_TOO_LARGE`, `TOKEN_MALFORMED`, `TOKEN_HEADER_UNSUPPORTED` or
 * `TOKEN_TYPE_WRONG`.
 */
export function readCompact(token: string): KeyHint {
  if (token.length > maxTokenLength)
    throw new TokenError('TOKEN_TOO_LARGE', `at most ${maxTokenLength} characters`)
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(token)?.slice(1)
  if (!parts?.every(isCanonical))
    throw new TokenError('TOKEN_MALFORMED', 'three parts of unpadded canonical base64url')
  const header = parseJsonObject(Buffer.from(parts[0] ?? '', 'base64url'))
  if (!Object.keys(header).every((name) => knownHeaders.has(name)))
    throw new TokenError('TOKEN_HEADER_UNSUPPORTED', 'no header but alg, typ and kid')
  const { alg, typ, kid } = header
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 128))
    throw new TokenError('TOKEN_HEADER_UNSUPPORTED', 'kid to be text of at most 128 characters')
  if (typeof typ !== 'string' || !/^(?:application\/)?jwt$/i.test(typ))
    throw new TokenError('TOKEN_TYPE_WRONG', 'typ to be JWT')
  return { alg: typeof alg === 'string' ? alg : '', kid }
}

/** Parses strict UTF-8 JSON that is an object. @throws TokenError `TOKEN_MALFORMED`. */
export function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    // A parser's message quotes its input; it stays here.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TokenError('TOKEN_MALFORMED', 'a JSON object in header and payload')
  return value as Readonly<Record<string, unknown>>
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

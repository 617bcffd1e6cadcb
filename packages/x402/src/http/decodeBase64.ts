import { WireError } from '../WireError.ts'

const expected = 'standard or URL-safe base64'

/**
 * Decodes base64 (RFC 4648 section 4) or base64url (section 5, padding optional) exactly.
 *
 * Lenient decoders skip what they do not know, so two different headers can mean the same bytes
 * and a cache, a proxy and a gateway can disagree. Here one byte string has one standard spelling
 * and one URL-safe spelling, each with or without its padding.
 *
 * @throws WireError `HEADER_EMPTY`, `HEADER_REPEATED`, `HEADER_WHITESPACE`,
 * `HEADER_TRAILING_DATA` or `HEADER_NOT_BASE64`.
 */
export function decodeBase64(text: string): Uint8Array {
  if (text === '') throw new WireError('HEADER_EMPTY', '$', expected)
  // Fetch and Node both join repeated headers with a comma.
  if (text.includes(',')) throw new WireError('HEADER_REPEATED', '$', 'the header exactly once')
  if (/\s/.test(text)) throw new WireError('HEADER_WHITESPACE', '$', `${expected} without spaces`)
  if (/=[^=]/.test(text)) {
    throw new WireError('HEADER_TRAILING_DATA', '$', 'nothing after the base64 padding')
  }
  const digits = text.replace(/=+$/, '')
  const oneAlphabet = /^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)$/.test(digits)
  const padded = digits.padEnd(Math.ceil(digits.length / 4) * 4, '=')
  const paddingFits = text === digits || text === padded
  if (!oneAlphabet || !paddingFits || digits.length % 4 === 1) {
    throw new WireError('HEADER_NOT_BASE64', '$', expected)
  }
  const standard = padded.replaceAll('-', '+').replaceAll('_', '/')
  const binary = atob(standard)
  // `atob` ignores set bits behind the last byte; a canonical spelling has none.
  if (btoa(binary) !== standard) throw new WireError('HEADER_NOT_BASE64', '$', expected)
  return Uint8Array.from(binary, (unit) => unit.charCodeAt(0))
}

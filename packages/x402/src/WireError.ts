/**
 * Every way in which a header or a JSON text can fail, with the sentence that explains it.
 * A code is public API: it may be added, but never renamed or given a second meaning.
 */
export const wireErrorCodes = {
  HEADER_EMPTY: 'The header is empty.',
  HEADER_TOO_LARGE: 'The header is larger than this reader accepts.',
  HEADER_REPEATED: 'The header holds several comma-separated values; it must be sent once.',
  HEADER_WHITESPACE: 'The header contains whitespace, which base64 on this wire never does.',
  HEADER_TRAILING_DATA: 'The header goes on after its base64 padding.',
  HEADER_NOT_BASE64: 'The header is not base64.',
  HEADER_NOT_UTF8: 'The decoded header is not valid UTF-8.',
  HEADER_NOT_JSON: 'The decoded header is not valid JSON.',
  HEADER_OVER_BUDGET: 'The header to be sent is larger than common clients and proxies accept.',
  JSON_TOO_LARGE: 'The JSON text is larger than this reader accepts.',
  JSON_NOT_UTF8: 'The JSON text is not valid UTF-8.',
  JSON_BOM: 'The JSON text starts with a byte order mark.',
  JSON_INVALID: 'The text is not valid JSON.',
  JSON_TRAILING_DATA: 'The JSON text goes on after its value.',
  JSON_TOO_DEEP: 'The JSON value is nested too deeply.',
  JSON_DUPLICATE_KEY: 'A JSON object names the same key twice.',
  JSON_FORBIDDEN_KEY: 'A JSON object has a key that is never allowed.',
  VERSION_UNSUPPORTED: 'This x402 version is not supported.',
  FIELD_INVALID: 'A field is missing or malformed.',
} as const

/** One stable code out of {@link wireErrorCodes}. */
export type WireErrorCode = keyof typeof wireErrorCodes

/**
 * The only error this package throws for bad input. Its text is printable ASCII and never repeats
 * a received value, because values on this wire include signatures.
 */
export class WireError extends Error {
  override readonly name = 'WireError'
  /** Stable; switch on this one. */
  readonly code: WireErrorCode
  /** JSON path of the offending place, such as `$.accepted.amount`; `$` is the whole input. */
  readonly path: string
  /** What would have been right, as a noun phrase in plain English. */
  readonly expected: string

  constructor(code: WireErrorCode, path: string, expected: string, options?: ErrorOptions) {
    super(`${wireErrorCodes[code]} At ${path}: expected ${expected}.`, options)
    this.code = code
    this.path = path
    this.expected = expected
  }

  /**
   * What its sender may be told. Only a message's own fields are named: in JSON that is no message
   * yet, the sender chose the names, and an answer must not carry them to whoever reads it.
   */
  get facts(): Readonly<Record<string, string>> {
    const isField = this.code === 'FIELD_INVALID' || this.code === 'VERSION_UNSUPPORTED'
    return { ...(isField && { field: this.path }), expected: this.expected, reason: this.code }
  }

  /** Works across duplicate copies of this package, where `instanceof` does not. */
  static is(value: unknown, code?: WireErrorCode): value is WireError {
    const known = value instanceof Error && value.name === 'WireError' && 'code' in value
    return known && (code === undefined || value.code === code)
  }
}

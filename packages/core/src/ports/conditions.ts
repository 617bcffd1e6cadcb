/**
 * The headers, in lower case, by which a request asks for less than the whole (RFC 9110 sections 13
 * and 14). They do not reach who answers a paid request: a part, or word that nothing has changed,
 * is not what was paid for, and could not be asked for a second time.
 */
export const conditions: readonly string[] = [
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
  ...['if-range', 'range'],
]

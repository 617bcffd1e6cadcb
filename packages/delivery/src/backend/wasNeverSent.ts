const connecting = new Set(['connect', 'getaddrinfo'])
const beforeRequest =
  /^(?:UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/
const codeText = /^[A-Z][A-Z0-9_]{2,60}$/

/**
 * True when `fetch` failed before a byte of the request left: no address, no connection, or a
 * certificate we do not trust. Everything unknown counts as sent.
 */
export function wasNeverSent(cause: unknown): boolean {
  const failure = innermost(cause)
  if (failure instanceof AggregateError && failure.errors.length > 0)
    return failure.errors.every((error) => isBeforeSending(error))
  return isBeforeSending(failure)
}

/** The failure's code, such as `ECONNREFUSED`: all of it that may appear in a reason. */
export function failureCode(cause: unknown): string {
  const code = property(innermost(cause), 'code')
  return typeof code === 'string' && codeText.test(code) ? code : 'no code'
}

const isBeforeSending = (failure: unknown): boolean =>
  connecting.has(String(property(failure, 'syscall'))) ||
  beforeRequest.test(String(property(failure, 'code')))

/** `fetch` wraps the reason of a failure as `cause`. */
const innermost = (cause: unknown): unknown => property(cause, 'cause') ?? cause

const property = (value: unknown, name: 'cause' | 'code' | 'syscall'): unknown =>
  typeof value === 'object' && value !== null && name in value
    ? (value as Partial<Record<typeof name, unknown>>)[name]
    : undefined

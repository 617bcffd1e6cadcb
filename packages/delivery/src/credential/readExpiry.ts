/** From here on a number of seconds would lie beyond the year 5138, so it means milliseconds. */
const firstMs = 1e11
const lastMs = Date.parse('9999-12-31T23:59:59.999Z')
const isoInstant = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/**
 * An instant as backends write it: ISO 8601 with a zone (a bare date is midnight UTC), or Unix
 * seconds, or Unix milliseconds, the two last told apart by size. Undefined when it is neither.
 */
export function readInstant(value: unknown): Date | undefined {
  if (typeof value === 'string' && isoInstant.test(value)) return toDate(Date.parse(value))
  const number = readNumber(value)
  return number === undefined ? undefined : toDate(number < firstMs ? number * 1_000 : number)
}

/** A life in seconds counted from `nowMs`, as `expires_in` of RFC 6749 section 5.1. */
export function readLifetime(value: unknown, nowMs: number): Date | undefined {
  const seconds = readNumber(value)
  return seconds === undefined ? undefined : toDate(nowMs + seconds * 1_000)
}

function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

function toDate(ms: number): Date | undefined {
  return ms > 0 && ms <= lastMs ? new Date(Math.floor(ms)) : undefined
}

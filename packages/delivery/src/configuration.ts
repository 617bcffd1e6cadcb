import { Key0Error } from '@key0/core'

const longestMs = 600_000

/** Refuses a setting by its name. The value itself is never repeated: it may be a secret. */
export function misconfigured(
  name: string,
  expected: string,
  cause?: unknown,
): Key0Error<'CONFIG_INVALID'> {
  const facts = { [name]: `expected ${expected}` }
  return new Key0Error('CONFIG_INVALID', cause === undefined ? { facts } : { facts, cause })
}

/**
 * An address of the seller's backend. User names and passwords in it are refused, because
 * addresses end up in logs; a credential belongs in `auth`.
 */
export function parseBackendUrl(value: string | URL, name = 'url'): URL {
  const url = URL.canParse(String(value)) ? new URL(String(value)) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.hash)
    throw misconfigured(name, 'an absolute http(s) URL without user name, password or fragment')
  return url
}

/** A duration in ms: whole, at least `leastMs`, at most ten minutes. */
export function parseDuration(value: number, name: string, leastMs = 1): number {
  if (!Number.isSafeInteger(value) || value < leastMs || value > longestMs)
    throw misconfigured(name, `${leastMs} to ${longestMs} whole milliseconds`)
  return value
}

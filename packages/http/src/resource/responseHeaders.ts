import type { StoredResponse } from '@key0/core'

/** What belongs to one connection (RFC 9110 section 7.6.1), or to the server that answered. */
const perConnection: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'trailer'],
  ...['upgrade', 'proxy-authenticate', 'alt-svc'],
])

/** What only we say: who answers a request must not speak of payments in our name. */
const ours = /^(?:x-)?payment(?:-|$)|^extension-responses$|^settlement-overrides$/

/** What we say ourselves about everything that was paid for. */
const saidOfPaid = /^access-control-|^(?:cache-control|expires|pragma|vary|age)$/

/**
 * A response's headers without those that do not pass. What came from `fetch` is decoded already,
 * whatever its headers say.
 */
export function keepHeaders(
  { headers, url }: Pick<Response, 'headers' | 'url'>,
  isPaid: boolean,
): StoredResponse['headers'] {
  const named = new Set(
    (headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase()),
  )
  const drops = (name: string): boolean =>
    perConnection.has(name) ||
    named.has(name) ||
    ours.test(name) ||
    (isPaid && saidOfPaid.test(name)) ||
    (url !== '' && (name === 'content-encoding' || name === 'content-length'))
  return [...headers].filter(([name]) => !drops(name))
}

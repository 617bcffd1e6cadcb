import { perConnection, type StoredResponse } from '@key0/core'

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
  const isHop = perConnection(headers)
  const drops = (name: string): boolean =>
    isHop(name) ||
    ours.test(name) ||
    (isPaid && saidOfPaid.test(name)) ||
    (url !== '' && (name === 'content-encoding' || name === 'content-length'))
  return [...headers].filter(([name]) => !drops(name))
}

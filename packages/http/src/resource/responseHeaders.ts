import { perConnection, type StoredResponse } from '@key0/core'

/** What only we say: who answers a request must not speak of payments in our name. */
const ours = /^(?:x-)?payment(?:-|$)|^extension-responses$|^settlement-overrides$/

/** What we say ourselves about everything that was paid for. */
const saidOfPaid = /^access-control-|^(?:cache-control|expires|pragma|vary|age|accept-ranges)$/

type Head = Pick<Response, 'headers' | 'url'>

/**
 * Which of a response's headers do not pass. What came from `fetch` is decoded already, whatever
 * its headers say.
 */
function dropsOf({ headers, url }: Head, isPaid: boolean): (name: string) => boolean {
  const isHop = perConnection(headers)
  return (name) =>
    isHop(name) ||
    ours.test(name) ||
    (isPaid && saidOfPaid.test(name)) ||
    (url !== '' && (name === 'content-encoding' || name === 'content-length'))
}

/** A paid response's headers without those that do not pass. */
export function keepHeaders(response: Head): StoredResponse['headers'] {
  const drops = dropsOf(response, true)
  return [...response.headers].filter(([name]) => !drops(name))
}

/** A free response as it may be passed on: the very same, where nothing has to be dropped. */
export function passHeaders(response: Response): Response {
  const drops = dropsOf(response, false)
  const dropped = [...response.headers.keys()].filter(drops)
  if (dropped.length === 0) return response
  const headers = new Headers(response.headers)
  for (const name of dropped) headers.delete(name)
  return new Response(response.body, { status: response.status, headers })
}

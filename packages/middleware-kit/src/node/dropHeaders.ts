import type { IncomingMessage } from 'node:http'

/**
 * Takes headers from a request, as it was sent and as Node reads it: some handlers look here, and
 * some there. Node reads both forms off the list when they are first asked for, so the list is the
 * last to change.
 */
export function dropHeaders(request: IncomingMessage, names: readonly string[]): void {
  const { headers, headersDistinct, rawHeaders } = request
  for (const name of names) {
    delete headers[name]
    delete headersDistinct?.[name]
  }
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2)
    if (names.includes(`${rawHeaders[at]}`.toLowerCase())) rawHeaders.splice(at, 2)
}

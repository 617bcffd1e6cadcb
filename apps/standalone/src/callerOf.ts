import type { Incoming } from '@key0/http'

/** Where Node's server says who asks. */
export type Connection = { readonly socket?: { readonly remoteAddress?: string } }

/**
 * The address of whoever asks: of the connection, or the last one in the header that the proxy in
 * front writes. What comes before it in that header was written by the client.
 */
export function callerOf(
  { headers }: Pick<Request, 'headers'>,
  { socket }: Connection,
  header: string | undefined,
): Pick<Incoming, 'caller'> {
  const named = header === undefined ? undefined : headers.get(header)?.split(',').at(-1)?.trim()
  const caller = header === undefined ? socket?.remoteAddress : named
  return caller === undefined || caller === '' ? {} : { caller }
}

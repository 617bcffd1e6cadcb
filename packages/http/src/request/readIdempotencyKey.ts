import { malformed } from '@key0/checkout'

/** Names a single request, whose own body and query are the seller's. */
export const idempotencyKeyHeader = 'Idempotency-Key'

/**
 * The id that a client gave its request, if it did: the bare text, or a string of structured fields
 * (RFC 9651), as the header's draft writes it.
 *
 * @throws REQUEST_MALFORMED for one that is no request id: ignored, it would promise what is not kept
 */
export function readIdempotencyKey(headers: Headers): string | undefined {
  const value = headers.get(idempotencyKeyHeader)
  if (value === null) return undefined
  const key = /^(?<quote>"?)(?<id>[A-Za-z0-9_-]{16,128})\k<quote>$/.exec(value)?.groups?.id
  if (key === undefined) throw malformed(idempotencyKeyHeader, '16 to 128 of A-Z a-z 0-9 _ -')
  return key
}

import { conditions, perConnection, type RouteRequest } from '@key0/core'

/** What is between a client and us, or what only we say. */
const neverPassed = new Set([
  ...['host', 'content-length', 'expect', 'forwarded', 'via', 'x-real-ip', 'sign-in-with-x'],
  // Names by which some servers read another method or path than the one that was paid for.
  ...['x-http-method', 'x-http-method-override', 'x-method-override', 'x-original-url'],
  ...['x-rewrite-url', 'x-original-uri', 'x-original-method'],
])
const keptBack = /^(?:x-)?payment(?:-|$)|^x-key0-|^x-forwarded-/

/**
 * CGI and its heirs (WSGI, Rack, PHP) name a header's variable with underscores, so that a name
 * spelt with them, or in PHP with dots, is read as the name with dashes.
 */
const ambiguous = /[^a-z0-9-]/

/** The headers a request is passed on with, as a flat list of names and values. */
export function toUpstreamHeaders(
  { headers, paid }: RouteRequest,
  own: readonly (readonly [name: string, value: string])[],
): string[] {
  const isHop = perConnection(headers)
  const ours = [...own, ...(paid ? factsOf(paid) : [])]
  const replaced = new Set(ours.map(([name]) => name.replace(/[^a-z0-9]/g, '-')))
  const list: string[] = []
  for (const [name, value] of headers) {
    if (ambiguous.test(name) || isHop(name) || replaced.has(name)) continue
    if (neverPassed.has(name) || keptBack.test(name)) continue
    if (paid && conditions.includes(name)) continue
    if (name === 'authorization' && /^(?:payment|x402)\b/i.test(value)) continue
    list.push(name, value)
  }
  for (const [name, value] of ours) list.push(name, value)
  return list
}

/** What the server is told about the payment. */
function factsOf(
  paid: NonNullable<RouteRequest['paid']>,
): readonly (readonly [name: string, value: string])[] {
  return [
    ['idempotency-key', paid.idempotencyKey],
    ['x-key0-route', encodeURI(paid.routeId)],
    ['x-key0-request-id', paid.requestId],
    ['x-key0-payer', paid.fromAddress],
    ['x-key0-tx-hash', paid.txHash],
    ['x-key0-chain-id', `${paid.chainId}`],
    ['x-key0-amount', `${paid.amountRaw}`],
  ]
}

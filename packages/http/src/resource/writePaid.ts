import type { StoredResponse } from '@key0/core'
import { headerNames } from '@key0/x402'
import { cors, type HeaderRecord } from '../answer/respond.ts'

/** Of what was paid for nobody keeps a copy but its buyer, and each time it is the whole. */
const paidHeaders = [
  ...Object.entries(cors),
  ['cache-control', 'private, no-store'],
  ['accept-ranges', 'none'],
  ['vary', `${headerNames.paymentSignature}, ${headerNames.v1Payment}`],
] as const

/** Writes a response that was paid for, as the seller's backend made it. */
export function writePaid(
  { status, headers }: StoredResponse,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  settlement: HeaderRecord,
): Response {
  const all = new Headers(headers as [string, string][])
  const own = [...paidHeaders, ...Object.entries(settlement)]
  for (const [name, value] of own) all.set(name, value)
  if (nullBody.has(status)) return new Response(null, { status, headers: all })
  return new Response(body, { status, headers: all })
}

/** Statuses that never have a body (Fetch section 2.2.3). */
const nullBody: ReadonlySet<number> = new Set([204, 205])

/** The bytes of a stored body. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

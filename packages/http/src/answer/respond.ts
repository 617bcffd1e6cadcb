import { corsHeaders, headerNames } from '@key0/x402'
import { idempotencyKeyHeader } from '../request/readIdempotencyKey.ts'
import { proofHeader } from '../request/readTransfer.ts'

/** Response headers by name, in lower case. A plain object: every runtime reads it fastest. */
export type HeaderRecord = Readonly<Record<string, string>>

/**
 * On every answer, refusals included: a page that cannot read a 402's headers cannot pay. Any
 * origin may ask, and never with credentials: a payment proves itself.
 */
export const cors: HeaderRecord = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': corsHeaders.expose.join(', '),
}

/** On every answer that depends on who pays. */
const neverStored: HeaderRecord = {
  ...cors,
  'cache-control': 'no-store',
  vary: `${headerNames.paymentSignature}, ${headerNames.v1Payment}`,
}

export const jsonHeaders: HeaderRecord = { ...neverStored, 'content-type': 'application/json' }

export const grantHeaders: HeaderRecord = { ...jsonHeaders, 'cache-control': 'private, no-store' }

export const problemHeaders: HeaderRecord = {
  ...neverStored,
  'content-type': 'application/problem+json',
}

const allowed = [...corsHeaders.allow, proofHeader, idempotencyKeyHeader]

/** The answer to a preflight. It asks for nothing: a preflight can never pay. */
export function answerPreflight(methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...cors,
      allow: methods,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': allowed.join(', '),
      'access-control-max-age': '86400',
    },
  })
}

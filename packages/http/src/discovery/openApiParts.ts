import { headerNames } from '@key0/x402'
import { idempotencyKeyHeader } from '../request/readIdempotencyKey.ts'
import { proofHeader } from '../request/readTransfer.ts'
import type { openApiSchemas } from './openApiSchemas.ts'
import type { Price, Shop } from './Shop.ts'

/** Something with a price, and what it goes by. */
export type Priced = Price & Readonly<{ planId?: string; routeId?: string }>

/** What a price is, as x402scan and its like read it: one amount, or the span of several. */
export function paymentInfo(wares: readonly Priced[]): object {
  const byPrice = wares.toSorted((one, other) => (isDearer(one, other) ? 1 : -1))
  const [min, max] = [byPrice[0]?.price, byPrice.at(-1)?.price]
  const price =
    min === max
      ? { mode: 'fixed', currency: 'USD', amount: min }
      : { mode: 'dynamic', currency: 'USD', min, max }
  const offers = wares.map(({ planId, routeId, accepts }) => ({ planId, routeId, accepts }))
  return { price, protocols: [{ x402: { version: 2, offers } }] }
}

function isDearer(one: Priced, other: Priced): boolean {
  return BigInt(one.accepts.amount) > BigInt(other.accepts.amount)
}

type Paying = Pick<Shop, 'takesV1' | 'scheme'>

/** How something may be asked for: without a payment, for its price, or with one. */
export function paidSecurity({ takesV1, scheme }: Paying): readonly object[] {
  const signed = scheme === 'exact' ? [{ x402: [] }] : []
  return [{}, ...signed, ...(takesV1 ? [{ x402V1: [] }] : [])]
}

/** The same for a single request, which also takes the proof of a transfer in a header. */
export function requestSecurity(paying: Paying): readonly object[] {
  return [...paidSecurity(paying), { x402Proof: [] }]
}

/** The headers that carry a payment, or the proof of one. */
export function paymentSchemes({ takesV1, scheme }: Paying): object {
  const header = (name: string, description: string): object => ({
    ...{ type: 'apiKey', in: 'header', name, description },
  })
  const signed = (version: number, where: string): string =>
    `A signed x402 version ${version} payment for the offer in ${where} of a 402, in base64.`
  const proof = `A transfer of the buyer's own: base64 of JSON with challengeId and txHash.`
  return {
    ...(scheme === 'exact' && {
      x402: header(headerNames.paymentSignature, signed(2, 'a header')),
    }),
    ...(takesV1 && { x402V1: header(headerNames.v1Payment, signed(1, 'the body')) }),
    x402Proof: header(proofHeader, proof),
  }
}

/** Names a single request, whose body and query are the seller's own. */
export const idempotencyKey: object = {
  ...{ name: idempotencyKeyHeader, in: 'header', required: false },
  description: 'Random. Under one key the request is charged once, however often it is signed.',
  schema: { type: 'string', pattern: '^"?[A-Za-z0-9_-]{16,128}"?$' },
}

/** The headers of an answer that was paid for. */
export function settledHeaders({ takesV1 }: Paying): object {
  const v1 = 'The settlement of a payment of version 1, instead.'
  return {
    'PAYMENT-RESPONSE': header('The settlement, as base64 of JSON.'),
    ...(takesV1 && { 'X-PAYMENT-RESPONSE': header(v1) }),
  }
}

/** The 402 of whatever is paid for. */
export const offerResponse: object = {
  402: {
    ...answer('The price; nothing was taken', 'PaymentRequired'),
    headers: { 'PAYMENT-REQUIRED': header('The offer, as base64 of JSON.') },
  },
}

export const refusals: object = {
  400: problem('The request is malformed'),
  404: problem('There is no such plan, route or purchase'),
  409: problem('The same id was used for another request, or the payment for another purchase'),
  410: problem('The purchase is closed'),
  502: problem('It was paid and could not be delivered; `facts` tells about the refund'),
  503: problem('The outcome is not known yet: repeat the same request after `Retry-After`'),
}

export function body(schema: object, required: 'required' | 'optional' = 'required'): object {
  return { required: required === 'required', content: { 'application/json': { schema } } }
}

export function answer(description: string, schema: keyof typeof openApiSchemas): object {
  const $ref = `#/components/schemas/${schema}`
  return { description, content: { 'application/json': { schema: { $ref } } } }
}

function problem(description: string): object {
  const schema = { $ref: '#/components/schemas/Problem' }
  return { description, content: { 'application/problem+json': { schema } } }
}

function header(description: string): object {
  return { description, schema: { type: 'string' } }
}

import type { openApiSchemas } from './openApiSchemas.ts'
import type { Price } from './Shop.ts'

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

/** Free, or with a payment. */
export const paidSecurity: readonly object[] = [{}, { x402: [] }]

/** The header of an answer that was paid for. */
export const settledHeaders: object = {
  'PAYMENT-RESPONSE': header('The settlement, as base64 of JSON.'),
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

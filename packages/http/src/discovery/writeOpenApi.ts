import { paths } from '../Context.ts'
import { type DocumentName, documentPaths } from './Discovery.ts'
import { accessSchema, openApiSchemas, proofSchema } from './openApiSchemas.ts'
import type { Shop, Ware } from './Shop.ts'

/**
 * `/openapi.json`: OpenAPI 3.1, with what x402scan asks for besides: `x-payment-info` and a 402 on
 * whatever is paid for.
 */
export function writeOpenApi(shop: Shop): string {
  const { seller, baseUrl, urlOf } = shop
  const llmsTxtUrl = urlOf('llms')
  return JSON.stringify({
    openapi: '3.1.0',
    info: {
      title: seller.name,
      version: '1.0.0',
      ...(seller.description !== undefined && { description: seller.description }),
    },
    servers: [{ url: baseUrl }],
    paths: {
      [paths.access]: { post: writeAccess(shop) },
      [paths.proof]: { post: writeProof() },
      ...writeDocuments(shop),
    },
    components: {
      schemas: openApiSchemas,
      securitySchemes: {
        x402: {
          type: 'apiKey',
          in: 'header',
          name: 'PAYMENT-SIGNATURE',
          description: 'A signed x402 version 2 payment for the offer of a 402, in base64.',
        },
      },
    },
    ...(llmsTxtUrl !== undefined && { 'x-discovery': { llmsTxtUrl } }),
  })
}

function writeAccess({ wares }: Shop): object {
  return {
    operationId: 'buyAccess',
    summary: 'Buys a plan',
    description: 'Answers 402 with the price, and the grant to a request that carries a payment.',
    'x-payment-info': paymentInfo(wares),
    security: [{}, { x402: [] }],
    requestBody: body(accessSchema(wares.map(({ planId }) => planId))),
    responses: {
      200: {
        ...answer('What was bought', 'AccessGrant'),
        headers: { 'PAYMENT-RESPONSE': header('The settlement, as base64 of JSON.') },
      },
      402: {
        ...answer('The price; nothing was taken', 'PaymentRequired'),
        headers: { 'PAYMENT-REQUIRED': header('The offer, as base64 of JSON.') },
      },
      ...refusals,
    },
  }
}

function writeProof(): object {
  return {
    operationId: 'proveTransfer',
    summary: 'Hands out the grant for a transfer that the buyer made itself',
    security: [],
    requestBody: body(proofSchema),
    responses: { 200: answer('What was bought', 'AccessGrant'), ...refusals },
  }
}

/** What a price is, as x402scan and its like read it: one amount, or the span of several. */
function paymentInfo(wares: readonly Ware[]): object {
  const byPrice = wares.toSorted((one, other) => (isDearer(one, other) ? 1 : -1))
  const [min, max] = [byPrice[0]?.price, byPrice.at(-1)?.price]
  const price =
    min === max
      ? { mode: 'fixed', currency: 'USD', amount: min }
      : { mode: 'dynamic', currency: 'USD', min, max }
  const offers = wares.map(({ planId, accepts }) => ({ planId, accepts }))
  return { price, protocols: [{ x402: { version: 2, offers } }] }
}

function isDearer(one: Ware, other: Ware): boolean {
  return BigInt(one.accepts.amount) > BigInt(other.accepts.amount)
}

const refusals = {
  400: problem('The request is malformed'),
  404: problem('There is no such plan or purchase'),
  409: problem('The same id was used for another request, or the payment for another purchase'),
  410: problem('The purchase is closed'),
  502: problem('It was paid and could not be delivered; `facts` tells about the refund'),
  503: problem('The outcome is not known yet: repeat the same request after `Retry-After`'),
} as const

const documentTypes = {
  discover: ['What is for sale, as JSON', 'application/json'],
  llms: ['What is for sale, to be read', 'text/plain'],
  skills: ['Instructions for an agent that buys', 'text/markdown'],
  wellKnown: ['The x402 resources here', 'application/json'],
  openapi: ['This document', 'application/json'],
  tokenInfo: ['The format of the access tokens', 'application/json'],
} as const satisfies Readonly<Record<DocumentName, readonly [string, string]>>

function writeDocuments({ urlOf }: Shop): object {
  const names = Object.keys(documentTypes) as readonly DocumentName[]
  const served = names.filter((name) => urlOf(name) !== undefined)
  const entries = served.map((name) => {
    const [summary, type] = documentTypes[name]
    const responses = { 200: { description: summary, content: { [type]: {} } } }
    return [
      documentPaths[name],
      { get: { operationId: `read_${name}`, summary, security: [], responses } },
    ]
  })
  return Object.fromEntries(entries)
}

function body(schema: object): object {
  return { required: true, content: { 'application/json': { schema } } }
}

function answer(description: string, schema: keyof typeof openApiSchemas): object {
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

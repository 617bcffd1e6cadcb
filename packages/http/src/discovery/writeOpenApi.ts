import { paths } from '../Context.ts'
import { type DocumentName, documentPaths } from './Discovery.ts'
import {
  answer,
  body,
  offerResponse,
  paidSecurity,
  paymentInfo,
  paymentSchemes,
  refusals,
  settledHeaders,
} from './openApiParts.ts'
import { accessSchema, openApiSchemas, proofSchema } from './openApiSchemas.ts'
import type { PlanWare, Shop } from './Shop.ts'
import { writeRoutes } from './writeRoutes.ts'

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
      ...(shop.plans.length > 0 && { [paths.access]: { post: writeAccess(shop) } }),
      [paths.proof]: { post: writeProof() },
      ...writeDocuments(shop),
      ...writeRoutes(shop),
    },
    components: {
      schemas: openApiSchemas,
      securitySchemes: paymentSchemes(shop),
    },
    ...(llmsTxtUrl !== undefined && { 'x-discovery': { llmsTxtUrl } }),
  })
}

function writeAccess(shop: Shop): object {
  const { plans } = shop
  return {
    operationId: 'buyAccess',
    summary: 'Buys a plan',
    description: 'Answers 402 with the price, and the grant to a request that carries a payment.',
    'x-payment-info': paymentInfo(plans),
    security: paidSecurity(shop),
    requestBody: body(schemaOf(plans)),
    responses: {
      200: { ...answer('What was bought', 'AccessGrant'), headers: settledHeaders(shop) },
      ...offerResponse,
      ...refusals,
    },
  }
}

/** One of what the plans say themselves of the request that buys them, or what all have in common. */
function schemaOf(plans: readonly PlanWare[]): object {
  const own = plans.flatMap(({ inputSchema }) => (inputSchema ? [inputSchema] : []))
  const rest = plans.filter(({ inputSchema }) => !inputSchema).map(({ planId }) => planId)
  const choices = [...own, ...(rest.length > 0 ? [accessSchema(rest)] : [])]
  return choices.length === 1 ? { ...choices[0] } : { anyOf: choices }
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

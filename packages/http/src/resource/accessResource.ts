import { malformed, type Payment, type Refused, type SoldResource } from '@key0/checkout'
import { isPriced, Key0Error, type ResourceRequest } from '@key0/core'
import { grantHeaders } from '../answer/respond.ts'
import { settlementHeader } from '../answer/settlementHeader.ts'
import { writeRefusal } from '../answer/writeRefusal.ts'
import type { Paid } from '../answer/writeSale.ts'
import type { Context, Where } from '../Context.ts'
import { httpProblemOf } from '../problem.ts'
import type { AccessBody, AskedResource } from '../request/readAccessBody.ts'
import { findRoute, type Resources } from './answerRoute.ts'
import { createBackend } from './createBackend.ts'
import { defaultDelivery } from './ResourceSale.ts'
import { digestOf } from './readResource.ts'
import { fromBase64 } from './writePaid.ts'

/** A body that names a single request. */
export type ResourceBody = AccessBody & { readonly resource: AskedResource }

const clientAgentId = 'x402-http'

/**
 * Names the price of a request that was put into JSON, by whoever cannot make it at its own address.
 *
 * @throws NOT_FOUND, PATH_NOT_CANONICAL, METHOD_NOT_ALLOWED, REQUEST_MALFORMED for a free one, and
 * as `Engine.offerResource`
 */
export async function offerAccess(
  body: ResourceBody,
  url: Where,
  context: Context,
): Promise<Response> {
  const { request } = await readAsked(body, context)
  const offered = await context.checkout.offerResource(request)
  return context.offers(offered, url, httpProblemOf('PAYMENT_REQUIRED'))
}

/** Sells it, and writes the answer into JSON: a stream, or what is too long to store, is none. */
export async function sellAccess(
  payment: Payment,
  body: ResourceBody,
  context: Context,
): Promise<SoldResource | Refused> {
  const { request, bytes, resources } = await readAsked(body, context)
  const { method, path, query } = request.resource
  const { contentType } = body.resource
  const headers = new Headers(contentType === undefined ? {} : { 'content-type': contentType })
  const limits = { ...defaultDelivery, ...resources.delivery }
  const backend = createBackend(
    { method, path, query, headers, ...(bytes && { body: bytes }) },
    resources.fetchResource,
    { ...limits, streamAfterMs: limits.timeoutMs, streams: 'refuse' },
  )
  return context.checkout.payResource(payment, request, backend)
}

/** The answer as `ResourceResponse`: bytes that are text as text, all others in base64. */
export function writeAccess(sale: SoldResource | Refused, paid: Paid, context: Context): Response {
  if (sale.kind === 'refused') return writeRefusal(sale, paid, context)
  const { challenge, response, txHash } = sale.delivered
  const { challengeId, requestId, planId: routeId } = challenge
  const envelope = {
    ...{ type: 'ResourceResponse', challengeId, requestId, routeId, txHash },
    status: response.status,
    headers: Object.fromEntries(new Headers(response.headers as [string, string][])),
    ...encodeBody(response.body ?? ''),
  }
  const headers = { ...grantHeaders, ...settlementHeader(sale.settlement, paid.dialect) }
  return new Response(JSON.stringify(envelope), { status: 200, headers })
}

function encodeBody(base64: string): { readonly body: string; readonly bodyEncoding: string } {
  try {
    const body = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      fromBase64(base64),
    )
    return { body, bodyEncoding: 'utf-8' }
  } catch {
    return { body: base64, bodyEncoding: 'base64' }
  }
}

async function readAsked(
  { resource, requestId }: ResourceBody,
  context: Context,
): Promise<{
  readonly request: ResourceRequest
  readonly bytes: Uint8Array | undefined
  readonly resources: Resources
}> {
  const { resources } = context.settings
  if (!resources) throw new Key0Error('NOT_FOUND')
  const { method, body } = resource
  const match = findRoute(method, resource.path, context)
  if (match.kind === 'other-method')
    throw new Key0Error('METHOD_NOT_ALLOWED', { facts: { expected: match.allowed.join(', ') } })
  const { route, path, query } = match
  if (!isPriced(route)) throw malformed('$.resource.path', 'a path with a price: this one is free')
  const bytes = body === undefined || body === '' ? undefined : new TextEncoder().encode(body)
  const asked = { method, path, query, ...(bytes && { bodyDigest: await digestOf(bytes) }) }
  const named = requestId === undefined ? {} : { requestId }
  return { request: { route, resource: asked, clientAgentId, ...named }, bytes, resources }
}

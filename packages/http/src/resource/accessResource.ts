import {
  type AskedResource,
  type BoundResource,
  bindResource,
  malformed,
  type Payment,
  type Refused,
  type SoldResource,
  textOfBody,
  toResourceResponse,
} from '@key0/checkout'
import { type Backend, Key0Error, type ResourceRequest } from '@key0/core'
import { grantHeaders } from '../answer/respond.ts'
import { settlementHeader } from '../answer/settlementHeader.ts'
import { writeRefusal } from '../answer/writeRefusal.ts'
import type { Paid } from '../answer/writeSale.ts'
import type { Context, Where } from '../Context.ts'
import { httpProblemOf } from '../problem.ts'
import type { AccessBody } from '../request/readAccessBody.ts'
import type { Resources } from './answerRoute.ts'
import { createBackend } from './createBackend.ts'
import { defaultDelivery } from './ResourceSale.ts'

/** A body that names a single request, and who sent it. */
export type ResourceBody = AccessBody &
  Pick<ResourceRequest, 'clientAgentId' | 'caller'> & { readonly resource: AskedResource }

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
  const { request, bound, resources } = await readAsked(body, context)
  return context.checkout.payResource(payment, request, backendFor(bound, resources))
}

/** Who answers a request that was put into JSON, once it is paid. */
export function backendFor(
  { resource, body, contentType }: BoundResource,
  { fetchResource, delivery }: Resources,
): Backend {
  const { method, path, query } = resource
  const headers = new Headers(contentType === undefined ? {} : { 'content-type': contentType })
  const limits = { ...defaultDelivery, ...delivery }
  return createBackend({ method, path, query, headers, ...(body && { body }) }, fetchResource, {
    ...limits,
    streamAfterMs: limits.timeoutMs,
    streams: 'refuse',
  })
}

/** The answer as `ResourceResponse`: bytes that are text as text, all others in base64. */
export function writeAccess(sale: SoldResource | Refused, paid: Paid, context: Context): Response {
  if (sale.kind === 'refused') return writeRefusal(sale, paid, context)
  const { body: base64 = '' } = sale.delivered.response
  const text = textOfBody(base64)
  const encoded =
    text === undefined
      ? { body: base64, bodyEncoding: 'base64' }
      : { body: text, bodyEncoding: 'utf-8' }
  const envelope = { ...toResourceResponse(sale.delivered), ...encoded }
  const headers = { ...grantHeaders, ...settlementHeader(sale.settlement, paid.dialect) }
  return new Response(JSON.stringify(envelope), { status: 200, headers })
}

async function readAsked(
  { resource: asked, requestId, clientAgentId, caller }: ResourceBody,
  { settings }: Context,
): Promise<{
  readonly request: ResourceRequest
  readonly bound: BoundResource
  readonly resources: Resources
}> {
  const { resources, engine } = settings
  if (!resources) throw new Key0Error('NOT_FOUND')
  const { maxQueryLength } = settings.limits
  if (asked.path.length > maxQueryLength)
    throw malformed('$.resource.path', `at most ${maxQueryLength} characters in path and query`)
  const bound = await bindResource(engine.catalog, asked, '$.resource')
  const { route, resource } = bound
  const named = {
    ...(requestId !== undefined && { requestId }),
    ...(caller !== undefined && { caller }),
  }
  return { request: { route, resource, clientAgentId, ...named }, bound, resources }
}

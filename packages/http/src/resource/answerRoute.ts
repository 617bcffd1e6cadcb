import { findRoute } from '@key0/checkout'
import { type CatalogRoute, isPriced, Key0Error, type RouteMatch } from '@key0/core'
import { answerPreflight } from '../answer/respond.ts'
import type { Context } from '../Context.ts'
import type { Incoming, ResourceSale } from './ResourceSale.ts'
import { targetOf } from './readResource.ts'
import { passHeaders } from './responseHeaders.ts'
import { sellResource } from './sellResource.ts'

/** What answers the routes of the catalog. */
export type Resources = Omit<ResourceSale, 'route'>

type Found = Extract<RouteMatch, { readonly kind: 'found' }>

/**
 * Answers a request for one of the catalog's routes, free or priced. What no route answers is
 * never passed on.
 *
 * @throws NOT_FOUND, PATH_NOT_CANONICAL, METHOD_NOT_ALLOWED, BACKEND_UNREACHABLE, and as
 * `sellResource`
 */
export async function answerRoute(
  incoming: Incoming,
  resources: Resources,
  context: Context,
): Promise<Response> {
  const { method } = incoming.request
  const match = findRoute(context.settings.engine.catalog, method, targetOf(incoming))
  if (match.kind === 'found') return answerFound(incoming, match, resources, context)
  const allowed = match.allowed.join(', ')
  if (method === 'OPTIONS') return answerPreflight(allowed)
  throw new Key0Error('METHOD_NOT_ALLOWED', { facts: { expected: allowed } })
}

function answerFound(
  incoming: Incoming,
  match: Found,
  resources: Resources,
  context: Context,
): Promise<Response> {
  const route: CatalogRoute = match.route
  if (isPriced(route)) return sellResource(incoming, { ...resources, route }, context)
  return passOn(incoming, match, resources)
}

/** A free request goes on as it is, and its answer comes back as it is. */
async function passOn(
  { request, body, signal }: Incoming,
  { path, query }: Found,
  { fetchResource }: Resources,
): Promise<Response> {
  const { method, headers } = request
  const content = body ?? (hasBody(headers) ? request.body : null)
  const response = await fetchResource({
    ...{ method, path, query, headers },
    ...(content && { body: content }),
    signal: signal ?? request.signal,
  }).catch((cause: unknown) => {
    throw new Key0Error('BACKEND_UNREACHABLE', { cause })
  })
  return passHeaders(response)
}

/** Touching the body of a request that has none costs more than all the rest. */
function hasBody(headers: Headers): boolean {
  return headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0'
}

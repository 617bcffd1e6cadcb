import type { Backend, Catalog, PricedRoute, Resource } from '@key0/core'
import type { AskedResource } from './AskedResource.ts'
import { digestOf } from './digestOf.ts'
import { findPriced } from './findRoute.ts'

/** A request that was put into JSON, as it is priced, paid for and made. */
export type BoundResource = {
  readonly route: PricedRoute
  /** What its payment is bound to. */
  readonly resource: Resource
  /** Absent: it has none. */
  readonly body?: Uint8Array
  readonly contentType?: string
}

/** Who has a request answered once it is paid: whole, since what is put into JSON is no stream. */
export type BackendFor = (bound: BoundResource) => Backend

/**
 * Finds the route of a request that was put into JSON, and what its payment is bound to.
 *
 * @param field Where it stands, as a refusal names it.
 * @throws as `findPriced`
 */
export async function bindResource(
  catalog: Catalog,
  asked: AskedResource,
  field: string,
): Promise<BoundResource> {
  const { method, contentType } = asked
  const { route, path, query } = findPriced(catalog, asked, field)
  const isEmpty = asked.body === undefined || asked.body === ''
  const body = isEmpty ? undefined : new TextEncoder().encode(asked.body)
  return {
    route,
    resource: { method, path, query, ...(body && { bodyDigest: await digestOf(body) }) },
    ...(body && { body }),
    ...(contentType !== undefined && { contentType }),
  }
}

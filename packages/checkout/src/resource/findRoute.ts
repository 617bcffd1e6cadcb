import { type Catalog, isPriced, Key0Error, type PricedRoute, type RouteMatch } from '@key0/core'
import { malformed } from '../request/readBody.ts'

/**
 * The route of a request, or the methods that its path answers instead.
 *
 * @param target Byte for byte as it stood in the request.
 * @throws NOT_FOUND, PATH_NOT_CANONICAL
 */
export function findRoute(
  catalog: Catalog,
  method: string,
  target: string,
): Extract<RouteMatch, { readonly kind: 'found' | 'other-method' }> {
  const match = catalog.match(method, target)
  if (match.kind === 'none') throw new Key0Error('NOT_FOUND')
  if (match.kind === 'not-canonical') {
    const expected = 'the one spelling of a path: see the documentation of this code'
    throw new Key0Error('PATH_NOT_CANONICAL', { facts: { expected } })
  }
  return match
}

/**
 * The priced route of a request that was put into JSON.
 *
 * @param field Where the request stands, as a refusal names it.
 * @throws as `findRoute`, METHOD_NOT_ALLOWED, REQUEST_MALFORMED for one that is free
 */
export function findPriced(
  catalog: Catalog,
  { method, path: target }: { readonly method: string; readonly path: string },
  field: string,
): { readonly route: PricedRoute; readonly path: string; readonly query: string } {
  const match = findRoute(catalog, method, target)
  if (match.kind === 'other-method')
    throw new Key0Error('METHOD_NOT_ALLOWED', { facts: { expected: match.allowed.join(', ') } })
  const { route, path, query } = match
  if (!isPriced(route)) throw malformed(`${field}.path`, 'a path with a price: this one is free')
  return { route, path, query }
}

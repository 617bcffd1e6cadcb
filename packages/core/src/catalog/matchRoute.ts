import { matches, type Reading } from './Pattern.ts'
import type { CatalogRoute } from './Route.ts'
import { bySpecificity, type ReadRoute } from './readRoutes.ts'
import { readTarget } from './requestTarget.ts'

/** Which route a request is for. What is proxied is `path` and `query`, and nothing else. */
export type RouteMatch =
  | {
      readonly kind: 'found'
      readonly route: CatalogRoute
      readonly path: string
      readonly query: string
    }
  /** The path is not in its one spelling, or a lenient server could read another route in it. */
  | { readonly kind: 'not-canonical' }
  /** Routes answer this path, but by other methods. */
  | { readonly kind: 'other-method'; readonly allowed: readonly string[] }
  | { readonly kind: 'none' }

/**
 * Finds the route of a request by its target, byte for byte as it stood in the request. It fails
 * closed: the server behind us may be lenient about case, slashes or encodings, so a target for
 * which a lenient reading finds another route than the exact one is refused, and so is one that
 * without its format (`.json`) is for a more specific route. A cheap route cannot be the way to a
 * dear one, however its path is spelt.
 */
export function matchRoute(
  routes: readonly ReadRoute[],
  method: string,
  target: string,
): RouteMatch {
  const read = readTarget(target)
  if (!read) return { kind: 'not-canonical' }
  const asked = method === 'HEAD' ? 'GET' : method
  const find = (how: Reading): ReadRoute | undefined =>
    routes.find(({ route, pattern }) => route.method === asked && matches(pattern, read, how))
  const found = find('exactly')
  if (found !== find('leniently')) return { kind: 'not-canonical' }
  // A route as specific as the other is its seller's own word for what it costs with that format.
  const formatted = found && find('with a format')
  if (formatted && bySpecificity(formatted, found) < 0) return { kind: 'not-canonical' }
  const { path, query } = read
  if (found) return { kind: 'found', route: found.route, path, query }
  const others = routes.filter(({ pattern }) => matches(pattern, read, 'exactly'))
  if (others.length === 0) return { kind: 'none' }
  const allowed = others.flatMap(({ route }) =>
    route.method === 'GET' ? ['GET', 'HEAD'] : [route.method],
  )
  return { kind: 'other-method', allowed: [...new Set([...allowed, 'OPTIONS'])] }
}

import type { CatalogRoute } from '@key0/core'

/**
 * A name for each route, by its id, for protocols whose names are identifiers: letters, digits and
 * underscores, at most 56, each name once. `GET /photos/:id` is `get_photos_id`.
 */
export function nameRoutes(
  routes: readonly Pick<CatalogRoute, 'routeId'>[],
): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const { routeId } of routes) {
    const plain = routeId
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .slice(0, 50)
    const name = plain.replace(/^_+|_+$/g, '') || 'route'
    let unique = name
    for (let count = 2; taken.has(unique); count += 1) unique = `${name}_${count}`
    taken.add(unique)
    names.set(routeId, unique)
  }
  return names
}

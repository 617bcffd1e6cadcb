import { Key0Error, type PricedRoute } from '@key0/core'
import { cors } from '../answer/respond.ts'
import type { Context } from '../Context.ts'
import { documentPaths, isServed } from './Discovery.ts'
import { describeShop, type Shop } from './Shop.ts'
import { writeDiscover } from './writeDiscover.ts'
import { writeLlms } from './writeLlms.ts'
import { writeOpenApi } from './writeOpenApi.ts'
import { writeSkills } from './writeSkills.ts'
import { writeTokenInfo } from './writeTokenInfo.ts'
import { writeWellKnown } from './writeWellKnown.ts'

const json = 'application/json'
const text = 'text/plain; charset=utf-8'
const markdown = 'text/markdown; charset=utf-8'

/** The documents that are switched on. */
export type Documents = {
  readonly byPath: ReadonlyMap<string, () => Response>
  /**
   * Adds a route that the seller's own code has mounted.
   *
   * @throws CONFIG_INVALID for a second price of one request.
   */
  readonly list: (route: PricedRoute) => void
}

/**
 * Every document that is switched on, by its path. They are written when they are first asked for,
 * and again only when a route was mounted since: a catalog does not change.
 */
export function createDiscovery({
  settings,
  checkout,
}: Pick<Context, 'settings' | 'checkout'>): Documents {
  const mounted: PricedRoute[] = []
  const written = new Map<string, string>()
  const { tokenInfo } = settings.discovery
  const documents = [
    ['discover', json, writeDiscover],
    ['llms', text, writeLlms],
    ['skills', markdown, writeSkills],
    ['wellKnown', json, writeWellKnown],
    ['openapi', json, writeOpenApi],
    ['tokenInfo', json, () => (tokenInfo ? writeTokenInfo(tokenInfo) : '')],
  ] as const
  const read = (name: string, write: (shop: Shop) => string): string => {
    const known = written.get(name) ?? write(describeShop(settings, checkout, mounted))
    written.set(name, known)
    return known
  }
  const served = documents.filter(([name]) => isServed(name, settings.discovery))
  return {
    byPath: new Map(
      served.map(([name, type, write]) => [
        documentPaths[name],
        serve(() => read(name, write), type),
      ]),
    ),
    list(route) {
      const { method, path } = route
      const all = [...checkout.engine.catalog.routes, ...mounted]
      if (all.some((other) => other.method === method && other.path === path)) {
        const facts = { route: `${method} ${path} is there twice` }
        throw new Key0Error('CONFIG_INVALID', { facts })
      }
      mounted.push(route)
      written.clear()
    },
  }
}

function serve(read: () => string, type: string): () => Response {
  // A price must not be quoted from a cache once it has changed.
  const headers = { ...cors, 'content-type': type, 'cache-control': 'no-cache' }
  return () => new Response(read(), { status: 200, headers })
}

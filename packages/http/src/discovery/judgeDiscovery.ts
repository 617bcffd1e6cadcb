import { isPriced } from '@key0/core'
import type { Settings } from '../HttpOptions.ts'
import { isServed } from './Discovery.ts'

/** The documents that open indexes read. */
const indexed = ['openapi', 'wellKnown', 'discover'] as const

/** Sentences about what is told to indexes and will not sell there. */
export function judgeDiscovery({ engine, seller, discovery }: Settings): readonly string[] {
  if (!indexed.some((name) => isServed(name, discovery))) return []
  const bare = engine.catalog.routes.filter((route) => isPriced(route) && !route.inputSchema)
  const names = bare.map(({ routeId }) => `"${routeId}"`).join(', ')
  return [
    ...(seller.exact === false
      ? [
          'Discovery is on without an exact rail. Indexes list what is sold here, but the buyers' +
            ' who come from there pay by exact alone and cannot pay here.',
        ]
      : []),
    ...(bare.length > 0
      ? [
          `Discovery is on, and these routes have no inputSchema: ${names}. Their offers say no` +
            ' more than method and path, and x402scan lists nothing without a schema.',
        ]
      : []),
  ]
}

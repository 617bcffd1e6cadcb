import { cors } from '../answer/respond.ts'
import type { Context } from '../Context.ts'
import { documentPaths, isServed } from './Discovery.ts'
import { describeShop } from './Shop.ts'
import { writeDiscover } from './writeDiscover.ts'
import { writeLlms } from './writeLlms.ts'
import { writeOpenApi } from './writeOpenApi.ts'
import { writeSkills } from './writeSkills.ts'
import { writeTokenInfo } from './writeTokenInfo.ts'
import { writeWellKnown } from './writeWellKnown.ts'

const json = 'application/json'
const text = 'text/plain; charset=utf-8'
const markdown = 'text/markdown; charset=utf-8'

/**
 * Every document that is switched on, by its path. They are written once: prices come from the
 * engine's catalog, and a catalog does not change.
 */
export function createDiscovery({
  settings,
  checkout,
}: Pick<Context, 'settings' | 'checkout'>): ReadonlyMap<string, () => Response> {
  const shop = describeShop(settings, checkout)
  const { tokenInfo } = settings.discovery
  const documents = [
    ['discover', json, () => writeDiscover(shop)],
    ['llms', text, () => writeLlms(shop)],
    ['skills', markdown, () => writeSkills(shop)],
    ['wellKnown', json, () => writeWellKnown(shop)],
    ['openapi', json, () => writeOpenApi(shop)],
    ['tokenInfo', json, () => (tokenInfo ? writeTokenInfo(tokenInfo) : '')],
  ] as const
  return new Map(
    documents
      .filter(([name]) => isServed(name, settings.discovery))
      .map(([name, type, write]) => [documentPaths[name], serve(write(), type)]),
  )
}

function serve(document: string, type: string): () => Response {
  // A price must not be quoted from a cache once it has changed.
  const headers = { ...cors, 'content-type': type, 'cache-control': 'no-cache' }
  return () => new Response(document, { status: 200, headers })
}

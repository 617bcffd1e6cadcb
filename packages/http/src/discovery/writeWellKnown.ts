import type { Shop } from './Shop.ts'
import { writeTerms, writeWares } from './writeLlms.ts'

/**
 * `/.well-known/x402`: the addresses at which a 402 can be had, as x402scan reads them (`version`,
 * `resources`, `instructions`), and in `items` what each of them asks, in the shape of the bazaar's
 * listings. A 402 itself has the last word.
 */
export function writeWellKnown(shop: Shop): string {
  const { accessUrl, plans, routes } = shop
  const requests = routes.flatMap(({ route, url, priced }) =>
    priced ? [{ route, url, accepts: [priced.accepts] }] : [],
  )
  const how = plans.length > 0 ? `POST {"planId":"…"} to ${accessUrl}.` : 'Send the request itself.'
  return JSON.stringify({
    version: 1,
    x402Version: 2,
    resources: [...(plans.length > 0 ? [accessUrl] : []), ...requests.map(({ url }) => url)],
    instructions: `${writeTerms(shop)} ${how}\n\n${writeWares(shop)}`,
    items: [
      ...plans.map(({ planId, description, accepts }) => ({
        resource: accessUrl,
        ...{ type: 'http', method: 'POST', x402Version: 2, accepts: [accepts] },
        input: { bodyType: 'json', body: { planId } },
        description,
      })),
      ...requests.map(({ route, url, accepts }) => ({
        resource: url,
        ...{ type: 'http', method: route.method, x402Version: 2, accepts },
        ...{ routeId: route.routeId, description: route.description, mimeType: route.mimeType },
        ...{ inputSchema: route.inputSchema, outputSchema: route.outputSchema },
      })),
    ],
  })
}

import type { Shop } from './Shop.ts'
import { writeTerms, writeWares } from './writeLlms.ts'

/**
 * `/.well-known/x402`: the addresses at which a 402 can be had, as x402scan reads them (`version`,
 * `resources`, `instructions`), and in `items` what each of them asks, in the shape of the bazaar's
 * listings. A 402 itself has the last word.
 */
export function writeWellKnown(shop: Shop): string {
  const { accessUrl, wares } = shop
  return JSON.stringify({
    version: 1,
    x402Version: 2,
    resources: [accessUrl],
    instructions: `${writeTerms(shop)} POST {"planId":"…"} to ${accessUrl}.\n\n${writeWares(shop)}`,
    items: wares.map(({ planId, description, accepts }) => ({
      resource: accessUrl,
      type: 'http',
      method: 'POST',
      x402Version: 2,
      accepts: [accepts],
      input: { bodyType: 'json', body: { planId } },
      ...(description !== undefined && { description }),
    })),
  })
}

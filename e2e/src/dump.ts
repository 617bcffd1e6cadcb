import type { Shop } from './startShop.ts'

/** The whole store as text, so that "nothing changed" can be said of all of it at once. */
export async function dump(shop: Shop): Promise<string> {
  const records = await shop.records()
  const trails = await Promise.all(
    records.map(({ challengeId }) => shop.store().history(challengeId)),
  )
  return toText({ records, trails })
}

/** One record as text. */
export async function dumpRecord(shop: Shop, challengeId: string): Promise<string> {
  return toText(await shop.store().get(challengeId))
}

function toText(value: unknown): string {
  return JSON.stringify(value, (_, it: unknown) => (typeof it === 'bigint' ? `${it}n` : it), 1)
}

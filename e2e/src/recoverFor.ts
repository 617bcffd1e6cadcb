import type { Shop } from './startShop.ts'

/** Recovery as a timer runs it, every 31 seconds of the shop's clock. */
export async function recoverFor(shop: Shop, passes = 4): Promise<void> {
  for (let pass = 0; pass < passes; pass += 1) {
    shop.clock.advance(31_000)
    await shop.key0().recover()
  }
}

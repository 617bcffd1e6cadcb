import { type ChallengeRecord, hasOpenIntent } from '@key0/core'
import type { Buyer } from './createBuyer.ts'

/** What a buyer was told about one payment that it signed, by HTTP status. */
export type Told = {
  /** Undefined when nobody answered. */
  readonly first: number | undefined
  /** The last word: 200, 410 (the money goes back), or 402 (its payment was never taken). */
  readonly last: number
}

/** However often the shop is killed before it can answer. */
const PATIENCE_MS = 600_000

/** Buys again and again, and insists on an answer to everything it paid for. */
export async function goShopping(buyer: Buyer, isOver: () => boolean): Promise<readonly Told[]> {
  const told: Told[] = []
  while (!isOver()) {
    const purchase = buyer.buy()
    const first = (await purchase.first)?.status
    if (!purchase.isSigned()) {
      // Nobody was there to name a price.
      await new Promise((done) => setTimeout(done, 50))
      continue
    }
    const last = first === 200 ? first : (await purchase.insist(Date.now() + PATIENCE_MS)).status
    told.push({ first, last })
  }
  return told
}

/** Whether money of it is on its way, or may be. */
export const isOnItsWay = (record: ChallengeRecord): boolean =>
  ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'].includes(record.state) || hasOpenIntent(record)

/** How far a record that is on its way has come. */
export function stageOf({ state, lease, refund }: ChallengeRecord): string {
  if (state === 'PENDING') return 'intent'
  if (state === 'PAID') return lease ? 'delivering' : 'paid'
  return `refund ${refund?.stage}`
}

/** How often each occurs, as text. */
export function tally(of: readonly (string | number | undefined)[]): string {
  return [...Map.groupBy(of, (it) => it)].map(([it, all]) => `${it} x${all.length}`).join(', ')
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'

/** Money that has to go back, by how far it has come. */
export type DebtState = 'PAID' | 'REFUND_PENDING' | 'REFUND_FAILED'

/** Far enough ahead for every refund that was put off. */
const DAY_MS = 86_400_000

/**
 * Payments that have to go back: due and not begun (PAID), under way, and given up; the longest
 * overdue first. What is held is in none but the last two.
 *
 * @param of.limit of each kind: who only wants to know whether all is well reads no more.
 * @throws STORE_UNAVAILABLE
 */
export async function listDebts(
  store: Pick<ChallengeStore, 'due' | 'findPendingForRefund'>,
  of: { readonly nowMs: number; readonly minAgeMs: number; readonly limit: number },
): Promise<Readonly<Record<DebtState, readonly ChallengeRecord[]>>> {
  const { nowMs, minAgeMs, limit } = of
  const soon = new Date(nowMs + DAY_MS)
  const [paid, pending, failed] = await Promise.all([
    store.findPendingForRefund(new Date(nowMs - minAgeMs), limit),
    store.due(soon, limit, 'REFUND_PENDING'),
    store.due(soon, limit, 'REFUND_FAILED'),
  ])
  return { PAID: paid, REFUND_PENDING: pending, REFUND_FAILED: failed }
}

/** What a debt is worth, in the token's smallest unit: less than was paid when part went back. */
export function valueOfDebt({ refund, amountRaw }: ChallengeRecord): bigint {
  return refund?.value ?? amountRaw
}

import type { EvmChain } from '@key0/chain-evm'
import type { ChallengeRecord, ChallengeStore } from '@key0/core'

/** More than this is not counted: "so many or more" is alarm enough, and the look stays cheap. */
export const COUNTED = 1_000

/** Far enough ahead for every refund that was put off. */
const DAY_MS = 86_400_000

/** Money that has to go back. */
export type Debts = {
  readonly due: Readonly<Record<'PAID' | 'REFUND_PENDING', number>>
  /** In the token's smallest unit. */
  readonly owed: bigint
}

/** What is due and not begun, and what is under way; each up to {@link COUNTED}. */
export async function readDebts(
  store: ChallengeStore,
  { chainId, token }: EvmChain,
  minAgeMs: number,
): Promise<Debts> {
  const nowMs = Date.now()
  const [paid, pending] = await Promise.all([
    store.findPendingForRefund(new Date(nowMs - minAgeMs), COUNTED),
    store.due(new Date(nowMs + DAY_MS), COUNTED, 'REFUND_PENDING'),
  ])
  const isOurs = (record: ChallengeRecord): boolean =>
    record.chainId === chainId && record.token.toLowerCase() === token.address.toLowerCase()
  const owed = [...paid, ...pending].filter(isOurs).reduce((sum, it) => sum + it.amountRaw, 0n)
  return { due: { PAID: paid.length, REFUND_PENDING: pending.length }, owed }
}

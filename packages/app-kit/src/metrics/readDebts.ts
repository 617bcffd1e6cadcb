import type { EvmChain } from '@key0/chain-evm'
import {
  type ChallengeRecord,
  type ChallengeStore,
  type DebtState,
  listDebts,
  valueOfDebt,
} from '@key0/core'

/** More than this is not counted: "so many or more" is alarm enough, and the look stays cheap. */
export const COUNTED = 1_000

/** Far enough ahead for every refund that was put off. */
const DAY_MS = 86_400_000

/** Money that has to go back. */
export type Debts = {
  readonly due: Readonly<Record<DebtState, number>>
  /** Waits for a person, whatever its state. */
  readonly held: number
  /** Since the oldest payment that has to go back was made, in ms; 0 when there is none. */
  readonly oldestMs: number
  /** By the wallet that owes it, in lower case; in the token's smallest unit. */
  readonly owed: ReadonlyMap<string, bigint>
}

/** What is due and not begun, under way, failed, and held; each up to {@link COUNTED}. */
export async function readDebts(
  store: ChallengeStore,
  { chainId, token }: Pick<EvmChain, 'chainId' | 'token'>,
  minAgeMs: number,
): Promise<Debts> {
  const nowMs = Date.now()
  const [found, undelivered] = await Promise.all([
    listDebts(store, { nowMs, minAgeMs, limit: COUNTED }),
    store.due(new Date(nowMs + DAY_MS), COUNTED, 'PAID'),
  ])
  const { PAID: paid, REFUND_PENDING: pending, REFUND_FAILED: failed } = found
  const isOurs = (record: ChallengeRecord): boolean =>
    record.chainId === chainId && record.token.toLowerCase() === token.address.toLowerCase()
  const debts = [...paid, ...pending, ...failed].filter(isOurs)
  const paidAtMs = debts.map(({ paidAt, createdAt }) => (paidAt ?? createdAt).getTime())
  const isHeld = ({ held }: ChallengeRecord): boolean => held !== undefined
  return {
    due: { PAID: paid.length, REFUND_PENDING: pending.length, REFUND_FAILED: failed.length },
    held: [...undelivered, ...pending].filter(isOurs).filter(isHeld).length,
    owed: sumByWallet(debts),
    oldestMs: paidAtMs.length === 0 ? 0 : nowMs - Math.min(...paidAtMs),
  }
}

function sumByWallet(debts: readonly ChallengeRecord[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const debt of debts) {
    const wallet = debt.destination.toLowerCase()
    sums.set(wallet, (sums.get(wallet) ?? 0n) + valueOfDebt(debt))
  }
  return sums
}

import {
  type Address,
  type ChallengeRecord,
  listDebts,
  type PayoutObstacle,
  type RefundContext,
  sameAddress,
  valueOfDebt,
} from '@key0/core'

/** What one process told a person, and when, so that it does not tell it every minute. */
export type Told = Map<string, number>

type Debt = { readonly wallet: Address; readonly sum: bigint; readonly oldest: ChallengeRecord }

/** How many of each kind are added up: an alarm needs no more. */
const COUNTED = 1_000
/** Beyond the grace period: a refund that takes this long is nobody's patience. */
const LONG_MS = 3_600_000
const AGAIN_MS = 3_600_000

/**
 * Tells a person, once an hour each, what stands against money that is owed: a wallet that holds
 * less than it owes, nobody who can pay for the gas, a refund that has been due for an hour. Asks
 * the chain only while something is owed.
 */
export async function alertDebts(
  ctx: RefundContext,
  minAgeMs: number,
  told: Told = new Map(),
): Promise<void> {
  const nowMs = ctx.clock.nowMs()
  const tell = (what: string, challengeId?: string): void => {
    const isFresh = nowMs - (told.get(what) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS
    if (isFresh) return
    told.set(what, nowMs)
    ctx.observe({ name: 'alert', what, ...(challengeId !== undefined && { challengeId }) })
  }
  for (const { wallet, sum, oldest } of await readDebts(ctx, nowMs, minAgeMs)) {
    const dueForMs = nowMs - (oldest.paidAt ?? oldest.createdAt).getTime() - minAgeMs
    if (dueForMs > LONG_MS)
      tell(`${wallet} owes refunds that have been due for over an hour`, oldest.challengeId)
    const obstacle = await findObstacle(ctx, oldest, sum)
    if (obstacle) tell(`what ${wallet} owes cannot all be returned now: ${obstacle.reason}`)
  }
}

/** What would stand against one refund of all that a wallet owes. */
async function findObstacle(
  { payout }: RefundContext,
  { token, destination: from, fromAddress: to = from }: ChallengeRecord,
  value: bigint,
): Promise<PayoutObstacle | undefined> {
  return await payout.findObstacle({ token, from, to, value })
}

/** What is due and not begun, under way or failed, by wallet; held money waits for a person anyway. */
async function readDebts(
  { store, chain, payout }: RefundContext,
  nowMs: number,
  minAgeMs: number,
): Promise<readonly Debt[]> {
  const found = await listDebts(store, { nowMs, minAgeMs, limit: COUNTED })
  const owed = Object.values(found)
    .flat()
    .filter(
      ({ chainId, destination, held }) =>
        chainId === chain.chainId && held === undefined && payout.canSignFor(destination),
    )
  return [...payout.payees].flatMap((wallet): Debt | [] => {
    const own = owed.filter(({ destination }) => sameAddress(destination, wallet))
    const [first, ...others] = own
    if (!first) return []
    const sum = own.reduce((total, record) => total + valueOfDebt(record), 0n)
    const oldest = others.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a), first)
    return { wallet, sum, oldest }
  })
}

function timeOf({ paidAt, createdAt }: ChallengeRecord): number {
  return (paidAt ?? createdAt).getTime()
}

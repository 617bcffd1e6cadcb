import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { sameAddress } from '../challenge/hex.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import type { Chain } from '../ports/Chain.ts'
import { isUnproven } from '../usecases/close.ts'
import { openCursor } from '../usecases/cursor.ts'
import { listUnclaimed, type Wallet } from '../usecases/listUnclaimed.ts'
import type { ContinuityWatch } from '../usecases/watchContinuity.ts'
import { type MoneyKind, moneyKindOf, toMoney } from './Money.ts'
import type { OperatorContext } from './OperatorContext.ts'
import { readOpen } from './readOpen.ts'

/** What of a wallet's balance is the seller's, in the token's smallest unit. */
export type SafeToSweep = {
  readonly balance: bigint
  /** PAID without a grant, REFUND_PENDING and REFUND_FAILED. */
  readonly owed: bigint
  /** Bought but not delivered yet, and payments that may have arrived a moment ago. */
  readonly undelivered: bigint
  readonly held: bigint
  /** Transfers that no record explains yet. */
  readonly unexplained: bigint
  /** Part of what is safe: a person decided that the seller keeps it. */
  readonly writtenOff: bigint
  readonly safe: bigint
  /** What is missing when the wallet holds less than it owes. */
  readonly short: bigint
}

/** What the answer is computed from. */
type SweepContext = Pick<OperatorContext, 'store'> & {
  readonly chain: Chain
  readonly continuity: ContinuityWatch
}

const COLUMN: Readonly<Record<MoneyKind, 'owed' | 'undelivered' | 'held' | 'writtenOff'>> = {
  owed: 'owed',
  'under-way': 'owed',
  failed: 'owed',
  delivering: 'undelivered',
  held: 'held',
  'written-off': 'writtenOff',
}

/**
 * How much may leave a wallet without touching what others may be owed. Reads every open record.
 * The balance is read before and after, and the smaller counts: money that moves meanwhile makes
 * the answer too small, never too large.
 *
 * @throws CHAIN_UNREACHABLE, STORE_UNAVAILABLE
 */
export async function readSafeToSweep(
  ctx: SweepContext,
  wallet: Wallet,
  readBalance: () => Promise<bigint>,
): Promise<SafeToSweep> {
  const before = await readBalance()
  const sums = { owed: 0n, undelivered: 0n, held: 0n, writtenOff: 0n }
  const isOurs = ({ chainId, token, destination }: ChallengeRecord): boolean =>
    chainId === ctx.chain.chainId &&
    sameAddress(token, wallet.token) &&
    sameAddress(destination, wallet.payee)
  for (const record of (await readOpen(ctx.store, 'PENDING')).filter(isOurs))
    if (hasOpenIntent(record) || isUnproven(record)) sums.undelivered += record.amountRaw
  for (const state of ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'] as const)
    for (const record of (await readOpen(ctx.store, state)).filter(isOurs)) {
      const kind = moneyKindOf(record)
      if (kind) sums[COLUMN[kind]] += toMoney(record, kind, 0).value
    }
  const unexplained = await sumUnexplained(ctx, wallet)
  const after = await readBalance()
  const [balance = 0n] = [before, after].toSorted((a, b) => (a < b ? -1 : 1))
  const rest = balance - sums.owed - sums.undelivered - sums.held - unexplained
  return {
    balance,
    ...sums,
    unexplained,
    safe: rest > 0n ? rest : 0n,
    short: rest < 0n ? -rest : 0n,
  }
}

async function sumUnexplained(ctx: SweepContext, wallet: Wallet): Promise<bigint> {
  const cursor = await openCursor(ctx, wallet, await ctx.continuity.check())
  const { number: head } = await ctx.chain.head()
  let sum = 0n
  for await (const { unclaimed } of listUnclaimed(ctx, [wallet], cursor + 1n, head))
    for (const { value } of unclaimed) sum += value
  return sum
}

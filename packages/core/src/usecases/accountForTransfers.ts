import type { Chain, Finality, PaymentEvidence } from '../ports/Chain.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Observe } from '../ports/Events.ts'
import { adoptPayment } from './adoptPayment.ts'
import { listUnclaimed, readCursor, type Wallet, writeCursor } from './listUnclaimed.ts'
import type { ContinuityWatch } from './watchContinuity.ts'

/** What accounting for money in needs. */
export type AccountingContext = {
  readonly store: ChallengeStore
  readonly chain: Chain
  readonly clock: Clock
  readonly newId: () => string
  readonly observe: Observe
  readonly continuity: ContinuityWatch
  readonly wallets: readonly Wallet[]
  /** How deep a transfer must be before it is believed. */
  readonly finality: Finality
  /** How long a buyer may still present a transfer: before, it is nobody's business but his. */
  readonly adoptAfterMs: number
  /** Where to begin when the store does not know; default: at the newest block. */
  readonly fromBlock?: bigint
}

export type Accounted = {
  /** Transfers that no record explained and that have one now. */
  readonly adopted: readonly PaymentEvidence[]
}

/**
 * Gives every transfer into a wallet a record: one that no record claims becomes UNMATCHED and is
 * held, never refunded by itself, because it may be a sale of another kind, the seller's own
 * top-up, or a sale whose record was lost. Continues where the last pass ended, in any process.
 * After a silence of the store nothing is taken up until `findFence` has compared it with the chain:
 * a payment that has a record by then would no longer be missing.
 *
 * @throws CHAIN_UNREACHABLE; nothing is passed over then.
 */
export async function accountForTransfers(ctx: AccountingContext): Promise<Accounted> {
  if ((await ctx.continuity.check()).silence) return { adopted: [] }
  const adopted: PaymentEvidence[] = []
  for (const wallet of ctx.wallets) adopted.push(...(await accountForWallet(ctx, wallet)))
  return { adopted }
}

async function accountForWallet(
  ctx: AccountingContext,
  wallet: Wallet,
): Promise<readonly PaymentEvidence[]> {
  const [cursor, final] = await Promise.all([openCursor(ctx, wallet), ctx.chain.head(ctx.finality)])
  const adopted: PaymentEvidence[] = []
  const bornBeforeMs = ctx.clock.nowMs() - ctx.adoptAfterMs
  for await (const page of listUnclaimed(ctx, wallet, cursor + 1n, final.number)) {
    for (const evidence of page.unclaimed) {
      if (Number(evidence.block.time) * 1000 > bornBeforeMs) {
        await writeCursor(ctx, wallet, evidence.block.number - 1n)
        return adopted
      }
      if (await adoptUnmatched(ctx, wallet, evidence)) adopted.push(evidence)
    }
    await writeCursor(ctx, wallet, page.upTo)
  }
  return adopted
}

/** The first pass of a deployment begins at the newest block: what was before is not its money. */
export async function openCursor(
  ctx: Pick<AccountingContext, 'store' | 'chain' | 'fromBlock'>,
  wallet: Wallet,
): Promise<bigint> {
  const cursor = await readCursor(ctx, wallet)
  if (cursor > 0n) return cursor
  const begin = ctx.fromBlock ?? (await ctx.chain.head()).number + 1n
  // A cursor of 0 says "not begun"; the first block of a chain holds no transfer.
  const first = begin > 1n ? begin - 1n : 1n
  await writeCursor(ctx, wallet, first)
  return first
}

async function adoptUnmatched(
  ctx: AccountingContext,
  wallet: Wallet,
  evidence: PaymentEvidence,
): Promise<boolean> {
  const held = 'no record explains this transfer'
  const stray = { disposition: 'UNMATCHED', held } as const
  const record = await adoptPayment(ctx, wallet, evidence, stray)
  if (!record) return false
  const what = 'money arrived that no record explains: it is held'
  ctx.observe({ name: 'alert', what, challengeId: record.challengeId })
  return true
}

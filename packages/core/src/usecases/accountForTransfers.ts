import type { Continuity } from '../continuity/Continuity.ts'
import type { Chain, Finality, PaymentEvidence } from '../ports/Chain.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Observe } from '../ports/Events.ts'
import { adoptPayment } from './adoptPayment.ts'
import { openCursor, writeCursor } from './cursor.ts'
import { listUnclaimed, type Wallet } from './listUnclaimed.ts'
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
  /**
   * Where to begin when the store does not know; default: at the newest block. After a loss the
   * accounts begin at the loss, where they had come to, or here: whichever is earliest.
   */
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
  const continuity = await ctx.continuity.check()
  if (continuity.silence) return { adopted: [] }
  const adopted: PaymentEvidence[] = []
  for (const wallet of ctx.wallets)
    adopted.push(...(await accountForWallet(ctx, wallet, continuity)))
  return { adopted }
}

/**
 * So far back the latest blocks may still be replaced by others with other transfers: where they
 * are believed, they are read again by the next pass.
 */
const REPLACEABLE_BLOCKS = 64n

async function accountForWallet(
  ctx: AccountingContext,
  wallet: Wallet,
  continuity: Continuity,
): Promise<readonly PaymentEvidence[]> {
  const [cursor, final] = await Promise.all([
    openCursor(ctx, wallet, continuity),
    ctx.chain.head(ctx.finality),
  ])
  const settled = ctx.finality === 'latest' ? final.number - REPLACEABLE_BLOCKS : final.number
  const advance = async (block: bigint): Promise<void> => {
    const isSettled = block < settled
    const reached = isSettled ? block : settled
    if (reached > cursor) await writeCursor(ctx, wallet, continuity, reached)
  }
  const adopted: PaymentEvidence[] = []
  const bornBeforeMs = ctx.clock.nowMs() - ctx.adoptAfterMs
  for await (const page of listUnclaimed(ctx, wallet, cursor + 1n, final.number)) {
    for (const evidence of page.unclaimed) {
      if (Number(evidence.block.time) * 1000 > bornBeforeMs) {
        await advance(evidence.block.number - 1n)
        return adopted
      }
      if (await adoptUnmatched(ctx, wallet, evidence)) adopted.push(evidence)
    }
    await advance(page.upTo)
  }
  return adopted
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

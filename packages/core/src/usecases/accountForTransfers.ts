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
  const cursors = await Promise.all(
    ctx.wallets.map(async (wallet) => ({
      wallet,
      cursor: await openCursor(ctx, wallet, continuity),
    })),
  )
  const final = await ctx.chain.head(ctx.finality)
  const adopted: PaymentEvidence[] = []
  for (const group of groupByPlace(cursors))
    adopted.push(...(await accountForGroup(ctx, group, { final: final.number, continuity })))
  return { adopted }
}

/** Wallets of one token whose accounts have come to the same block. */
type Group = { readonly cursor: bigint; readonly wallets: readonly [Wallet, ...Wallet[]] }

/** As a rule one: the accounts of all wallets go on together. */
function groupByPlace(
  places: readonly { readonly wallet: Wallet; readonly cursor: bigint }[],
): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const { wallet, cursor } of places) {
    const key = `${wallet.token} ${cursor}`.toLowerCase()
    const known = groups.get(key)
    groups.set(key, { cursor, wallets: known ? [...known.wallets, wallet] : [wallet] })
  }
  return [...groups.values()]
}

/**
 * So far back the latest blocks may still be replaced by others with other transfers: where they
 * are believed, they are read again by the next pass.
 */
const REPLACEABLE_BLOCKS = 64n

async function accountForGroup(
  ctx: AccountingContext,
  { cursor, wallets }: Group,
  { final, continuity }: { readonly final: bigint; readonly continuity: Continuity },
): Promise<readonly PaymentEvidence[]> {
  const settled = ctx.finality === 'latest' ? final - REPLACEABLE_BLOCKS : final
  const advance = async (wallet: Wallet, block: bigint): Promise<void> => {
    const reached = block < settled ? block : settled
    if (reached > cursor) await writeCursor(ctx, wallet, continuity, reached)
  }
  const adopted: PaymentEvidence[] = []
  const bornBeforeMs = ctx.clock.nowMs() - ctx.adoptAfterMs
  const open = new Map(wallets.map((wallet) => [wallet.payee.toLowerCase(), wallet]))
  for await (const page of listUnclaimed(ctx, wallets, cursor + 1n, final)) {
    for (const evidence of page.unclaimed) {
      const wallet = open.get(evidence.to.toLowerCase())
      if (!wallet) continue
      if (Number(evidence.block.time) * 1000 > bornBeforeMs) {
        // Its accounts stop here until it is old enough; those of the others go on.
        await advance(wallet, evidence.block.number - 1n)
        open.delete(wallet.payee.toLowerCase())
      } else if (await adoptUnmatched(ctx, wallet, evidence)) adopted.push(evidence)
    }
    for (const wallet of open.values()) await advance(wallet, page.upTo)
    if (open.size === 0) break
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

import type { Continuity } from '../continuity/Continuity.ts'
import type { PaymentEvidence } from '../ports/Chain.ts'
import type { AccountingContext } from '../usecases/accountForTransfers.ts'
import { adoptPayment } from '../usecases/adoptPayment.ts'
import { openCursor } from '../usecases/cursor.ts'
import { findFence, isBehind } from '../usecases/findFence.ts'
import { listUnclaimed, type Wallet } from '../usecases/listUnclaimed.ts'
import { moneyKindOf } from './Money.ts'
import { readOpen } from './readOpen.ts'
import { isWrittenOff } from './writtenOff.ts'

export type AfterRestoreQuery = {
  /** Look at the chain from here; default: where the accounts of the store end. */
  readonly fromBlock?: bigint
  /** The store is known to be an older copy: what it says of deliveries is believed no more. */
  readonly isRestored?: boolean
  /** Write what was found; otherwise only tell. Signs of life are written either way. */
  readonly apply?: boolean
}

type Sum = { readonly count: number; readonly value: bigint }

/** What a store knows of itself after a restore, and what the chain knows better. */
export type AfterRestore = {
  readonly continuity: Continuity
  /** Whether this call noted a loss that the store had not noticed. */
  readonly declaredLoss: boolean
  /** Transfers into the wallets that no record explains: sales that were forgotten, or top-ups. */
  readonly unexplained: readonly PaymentEvidence[]
  /** Those that have a held record now. */
  readonly adopted: readonly PaymentEvidence[]
  /** Undelivered money that is held as soon as its refund comes up, because of the loss. */
  readonly toBeHeld: Sum
  /** What is held already, by reason. */
  readonly held: readonly (Sum & { readonly reason: string })[]
}

/**
 * Looks at a store after a restore, in the order that keeps every buyer safe: first what the store
 * says of itself, then what the chain shows that it forgot, then, when payments are missing or a
 * person says that it is an older copy, the loss is noted; and only then forgotten payments get
 * records, which are held. May be repeated.
 *
 * @throws CHAIN_UNREACHABLE, STORE_UNAVAILABLE
 */
export async function lookAfterRestore(
  ctx: AccountingContext,
  { fromBlock, isRestored = false, apply = false }: AfterRestoreQuery,
): Promise<AfterRestore> {
  await findFence({ ...ctx, settings: { finality: ctx.finality } })
  const seen = await ctx.continuity.beat()
  const unexplained: [Wallet, PaymentEvidence][] = []
  const { number: head } = await ctx.chain.head(ctx.finality)
  for (const wallet of ctx.wallets) {
    const begin = fromBlock ?? (await openCursor(ctx, wallet, seen)) + 1n
    for await (const page of listUnclaimed(ctx, [wallet], begin, head))
      unexplained.push(...page.unclaimed.map((each) => [wallet, each] as [Wallet, typeof each]))
  }
  const adoptable = unexplained.filter(([, { block }]) => isRipe(ctx, Number(block.time) * 1000))
  const declaredLoss = apply && (isRestored || adoptable.length > 0)
  const continuity = declaredLoss ? await declareLoss(ctx) : await ctx.continuity.beat()
  const adopted: PaymentEvidence[] = []
  for (const [wallet, evidence] of apply ? adoptable : []) {
    const held = 'no record explains this transfer'
    const record = await adoptPayment(ctx, wallet, evidence, { disposition: 'UNMATCHED', held })
    if (record) adopted.push(evidence)
  }
  const all = unexplained.map(([, evidence]) => evidence)
  return { continuity, declaredLoss, unexplained: all, adopted, ...(await sumUp(ctx, continuity)) }
}

function isRipe({ clock, adoptAfterMs }: AccountingContext, minedMs: number): boolean {
  return minedMs <= clock.nowMs() - adoptAfterMs
}

/** A person remembers more than the store does: the same as a process that saw later events. */
async function declareLoss(ctx: AccountingContext): Promise<Continuity> {
  const { deploymentId, highestEvent, aliveAt } = await ctx.continuity.beat()
  return await ctx.store.beat({
    beatId: ctx.newId(),
    quietMs: Number.MAX_SAFE_INTEGER,
    remembered: { deploymentId, highestEvent: highestEvent + 1, aliveAt },
  })
}

async function sumUp(
  { store }: AccountingContext,
  { break: loss }: Continuity,
): Promise<Pick<AfterRestore, 'toBeHeld' | 'held'>> {
  const held = new Map<string, Sum>()
  let toBeHeld: Sum = { count: 0, value: 0n }
  const add = (sum: Sum | undefined, value: bigint): Sum => ({
    count: (sum?.count ?? 0) + 1,
    value: (sum?.value ?? 0n) + value,
  })
  const fence = loss ? { heldBefore: loss.until } : {}
  for (const state of ['PAID', 'REFUND_PENDING'] as const)
    for (const record of await readOpen(store, state)) {
      const { held: reason, amountRaw } = record
      if (reason !== undefined && !isWrittenOff(record))
        held.set(reason, add(held.get(reason), amountRaw))
      if (moneyKindOf(record) === 'owed' && isBehind(fence, record))
        toBeHeld = add(toBeHeld, amountRaw)
    }
  return { toBeHeld, held: [...held].map(([reason, sum]) => ({ reason, ...sum })) }
}

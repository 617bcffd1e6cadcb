import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Continuity } from '../continuity/Continuity.ts'
import { openCursor } from './cursor.ts'
import { listUnclaimed } from './listUnclaimed.ts'
import type { RefundContext } from './RefundContext.ts'

/**
 * Which records a store that lost writes may be wrong about: one that looks undelivered may have
 * been delivered in what was lost.
 */
export type Fence = {
  /** Records born or paid before this instant are held, unless somebody released them since. */
  readonly heldBefore?: Date
  /** Records born or paid before this instant wait: the chain is still to be asked what is missing. */
  readonly waitBefore?: Date
}

/** What finding it needs: a gateway that refunds nothing may ask too. */
export type FenceContext = Pick<
  RefundContext,
  'store' | 'chain' | 'clock' | 'continuity' | 'wallets' | 'fromBlock' | 'observe'
> & { readonly settings: Pick<RefundContext['settings'], 'finality'> }

/** A node may be this far behind: nobody restores a store in less and sells before it is over. */
const NODE_LAG_MS = 60_000

/** A silence that is not compared with the chain for so long keeps money from its owners. */
const PATIENCE_MS = 600_000

/** A chain that believes its latest block is a local one, and may have no block for this long. */
const CHAIN_IDLE_MS = 300_000

/**
 * Asks the store whether it is still what it was, and after a silence the chain whether payments
 * of that time are missing. Every refund pass begins here. Opens the accounts of a new deployment,
 * so that the next silence has something to be compared with.
 *
 * @throws STORE_UNAVAILABLE; CHAIN_UNREACHABLE when a new deployment cannot be compared later.
 */
export async function findFence(ctx: FenceContext): Promise<Fence> {
  const seen = await ctx.continuity.beat()
  for (const wallet of ctx.wallets) await openCursor(ctx, wallet, seen)
  const { silence } = seen
  if (!silence) return toFence(seen)
  const { until } = silence
  let cause: unknown
  const paymentsMissing = await examine(ctx, seen, silence).catch((error: unknown) => {
    cause = error
    return undefined
  })
  if (paymentsMissing === undefined) {
    const what = 'refunds wait: what a silence of the store hid could not be read from the chain'
    const isLong = ctx.clock.nowMs() - until.getTime() > PATIENCE_MS
    if (isLong) ctx.observe({ name: 'alert', what, ...(cause !== undefined && { cause }) })
    return { ...toFence(seen), waitBefore: until }
  }
  return toFence(await ctx.continuity.conclude({ until, paymentsMissing }))
}

type Dated = Pick<ChallengeRecord, 'createdAt' | 'paidAt' | 'releasedAt'>

/** Whether a record's delivery may be among the writes that the store lost. */
export function isBehind({ heldBefore }: Fence, record: Dated): boolean {
  if (!heldBefore || !isOlder(record, heldBefore)) return false
  return record.releasedAt === undefined || record.releasedAt < heldBefore
}

/**
 * Whether a record, or its payment, is from before an instant. What a payment bought may be
 * forgotten, and the payment given another record since.
 */
export function isOlder({ createdAt, paidAt }: Omit<Dated, 'releasedAt'>, than: Date): boolean {
  return createdAt < than || (paidAt !== undefined && paidAt < than)
}

/**
 * The same, asked once more after a claim: between the look at the store and the claim, another
 * server may have taken its place that knows less. A claim that is on it is followed by a sign of
 * life that tells.
 */
export async function isBehindNow(ctx: RefundContext, record: ChallengeRecord): Promise<boolean> {
  return isBehind(toFence(await ctx.continuity.beat()), record)
}

function toFence({ silence, break: loss }: Continuity): Fence {
  return {
    ...(loss && { heldBefore: loss.until }),
    ...(silence && { waitBefore: silence.until }),
  }
}

/**
 * Whether a payment of the silent time is in no record: then somebody sold, so the store was alive
 * and has forgotten it. `undefined`: the chain's answer is not complete yet.
 */
async function examine(
  ctx: FenceContext,
  seen: Continuity,
  { since, until }: NonNullable<Continuity['silence']>,
): Promise<boolean | undefined> {
  const head = await ctx.chain.head()
  const headMs = Number(head.time) * 1000
  const isIdle = ctx.settings.finality === 'latest' && ctx.clock.nowMs() - headMs >= CHAIN_IDLE_MS
  if (headMs < until.getTime() - NODE_LAG_MS && !isIdle) return undefined
  // Blocks tell whole seconds: one of the same second may be a little later than the last beat.
  const sinceSecond = Math.floor(since.getTime() / 1000)
  // The accounts of a wallet that sells no more stand where they were opened, maybe years ago.
  const before = await ctx.chain.blockBefore(BigInt(sinceSecond))
  for (const wallet of ctx.wallets) {
    const cursor = await openCursor(ctx, wallet, seen)
    const isOld = cursor < before
    const begin = (isOld ? before : cursor) + 1n
    for await (const { unclaimed } of listUnclaimed(ctx, [wallet], begin, head.number))
      for (const { block } of unclaimed) {
        const minedMs = Number(block.time) * 1000
        if (Number(block.time) >= sinceSecond && minedMs <= until.getTime()) return true
      }
  }
  return false
}

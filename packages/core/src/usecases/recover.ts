import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { deliveryOf } from '../lifecycle/deliveryOf.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import type { State } from '../lifecycle/transitions.ts'
import { expire, isUnproven } from './close.ts'
import type { EngineContext } from './EngineContext.ts'
import { holdUnproven } from './holdUnproven.ts'
import { finish } from './settle.ts'
import { watch } from './watch.ts'

export type Recovered = {
  /** Records looked at. */
  readonly visited: number
  /** Records whose state changed. */
  readonly moved: number
}

const AT_ONCE = 16

// Each kind has a limit of its own. REFUND_PENDING is not among them: moving its next visit from
// here would hide it from the refund worker.
const OURS = ['PENDING', 'PAID', 'DELIVERED'] as const

/** How many pages of unpaid challenges one pass closes before it looks at money. */
const CROWD_PAGES = 100

/**
 * Continues every record that some worker must continue: finishes settlements that a crash or an
 * unreachable chain left open, expires what is past its deadline, completes deliveries whose grant
 * is stored, watches payments until they are final. Refunds are `processRefunds`' part, and other
 * chains' records their own gateways'. At most `limit` records of each state are visited, besides
 * unpaid challenges past their deadline. Safe to run in any number of processes at once.
 */
export async function recover(
  ctx: EngineContext,
  options: { readonly limit: number },
): Promise<Recovered> {
  const now = new Date(ctx.clock.nowMs())
  const closed = await closeCrowd(ctx, now, options.limit)
  const found = await Promise.all(OURS.map((state) => findDue(ctx, now, options.limit, state)))
  const due = found.flat()
  let moved = closed
  for (let start = 0; start < due.length; start += AT_ONCE) {
    const batch = due.slice(start, start + AT_ONCE)
    const states = await Promise.all(batch.map((record) => visit(ctx, record)))
    moved += states.filter((state, index) => state !== batch[index]?.state).length
  }
  return { visited: closed + due.length, moved }
}

/** What is due on our chain. Records of others stay due for theirs, and must not stand before ours. */
async function findDue(
  ctx: EngineContext,
  now: Date,
  limit: number,
  state: State,
): Promise<readonly ChallengeRecord[]> {
  for (let wanted = limit; ; wanted *= 2) {
    const due = await ctx.store.due(now, wanted, state)
    const ours = due.filter(({ chainId }) => chainId === ctx.chain.chainId)
    if (ours.length >= limit || due.length < wanted) return ours.slice(0, limit)
  }
}

/**
 * Closes unpaid challenges while they fill whole pages: asking a price costs nothing, and a crowd
 * that did only that must not stand before an open payment. It takes no chain to close them.
 */
async function closeCrowd(ctx: EngineContext, now: Date, limit: number): Promise<number> {
  let closed = 0
  for (let page = 0; page < CROWD_PAGES; page += 1) {
    const due = await ctx.store.due(now, limit, 'PENDING')
    if (due.length < limit) break
    const unpaid = due.filter((record) => !hasOpenIntent(record) && record.expiresAt <= now)
    const ended = await Promise.all(unpaid.map(async (record) => closeOne(ctx, record)))
    const count = ended.filter((isClosed) => isClosed).length
    if (count === 0) break
    closed += count
  }
  return closed
}

async function closeOne(ctx: EngineContext, record: ChallengeRecord): Promise<boolean> {
  try {
    return (await expire(ctx, record)).state === 'EXPIRED'
  } catch {
    // It stays due, and its own visit says what is wrong with it.
    return false
  }
}

/** Looks at one record and agrees on its next visit. Returns the state it is in afterwards. */
async function visit(
  ctx: EngineContext,
  record: ChallengeRecord,
): Promise<ChallengeRecord['state']> {
  const { challengeId } = record
  let final = false
  try {
    final = (await advance(ctx, record)).final
  } catch (error) {
    if (!Key0Error.is(error))
      ctx.observe({ name: 'alert', what: 'recovery failed', challengeId, cause: error })
  }
  const current = await ctx.store.get(challengeId)
  if (!current) return record.state
  const nextVisitAt = new Date(ctx.clock.nowMs() + pauseMs(ctx, current))
  const facts =
    final && current.paymentFinal === false ? { paymentFinal: true as const } : undefined
  await ctx.store.postpone(challengeId, current.version, nextVisitAt, facts)
  return current.state
}

async function advance(
  ctx: EngineContext,
  record: ChallengeRecord,
): Promise<{ readonly final: boolean }> {
  switch (record.state) {
    case 'PENDING':
      if (hasOpenIntent(record)) await finish(ctx, record, { waits: false, now: false })
      else if (isUnproven(record)) await holdUnproven(ctx, record)
      else await expire(ctx, record)
      return { final: false }
    case 'PAID':
      if (deliveryOf(record)) await completeDelivery(ctx, record)
      return watch(ctx, record)
    case 'DELIVERED':
      return watch(ctx, record)
    default:
      return { final: false }
  }
}

/** Grant or response was stored but not the delivery: the buyer may have it, so it counts as delivered. */
async function completeDelivery(ctx: EngineContext, record: ChallengeRecord): Promise<void> {
  await ctx.store.transition({
    id: record.challengeId,
    from: 'PAID',
    to: 'DELIVERED',
    fields: { deliveredAt: new Date(ctx.clock.nowMs()), lease: undefined },
    version: record.version,
    key: ctx.newId(),
    actor: 'recovery',
  })
}

/** Young records are looked at often, old ones seldom: between 2 s and 60 s. */
function pauseMs(ctx: EngineContext, record: ChallengeRecord): number {
  const ageMs = ctx.clock.nowMs() - record.createdAt.getTime()
  return Math.min(60_000, Math.max(2_000, Math.floor(ageMs / 4)))
}

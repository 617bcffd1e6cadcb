import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { deliveryOf } from '../lifecycle/deliveryOf.ts'
import { isRefundOnly } from '../lifecycle/guard.ts'
import type { Move, Outcome } from '../ports/ChallengeStore.ts'
import { load } from './close.ts'
import { closedError, refundFacts, STORE_LOST_WRITES } from './closed.ts'
import type { EngineContext } from './EngineContext.ts'
import { leaseOf, type Made, type Maker } from './Maker.ts'
import { withinTime } from './withinTime.ts'

const POLL_MS = 100

/** A delivered record. `replayed`: an earlier request delivered it. */
export type Done = { readonly record: ChallengeRecord; readonly replayed: boolean }

/**
 * Brings a PAID challenge to DELIVERED: what was paid for is made, stored, and only then handed
 * out. Of one that is delivered already, the stored one is. The maker may hold the lease already,
 * taken in the step that settled.
 */
export async function deliver(
  ctx: EngineContext,
  record: ChallengeRecord,
  maker: Maker,
): Promise<Done> {
  assertMakes(maker, record)
  if (record.state === 'DELIVERED') return { record, replayed: true }
  const barred = record.held !== undefined && record.held !== STORE_LOST_WRITES
  if (record.state !== 'PAID' || isRefundOnly(record) || barred) throw closedError(record)
  if (deliveryOf(record)) return complete(ctx, record, {})
  if (record.lease?.holder === maker.holder) return attempt(ctx, record, maker)
  if ((record.lease?.untilMs ?? 0) > ctx.clock.nowMs()) return waitForOther(ctx, record, maker)

  const taken = await ctx.store.transition({
    id: record.challengeId,
    from: 'PAID',
    to: 'PAID',
    fields: { lease: leaseOf(ctx, maker) },
    version: record.version,
    key: ctx.newId(),
  })
  switch (taken.kind) {
    case 'applied':
    case 'replayed':
      return attempt(ctx, taken.record, maker)
    case 'lost':
      return deliver(ctx, taken.record, maker)
    case 'absent':
    case 'foreign':
      throw new Key0Error('CHALLENGE_UNKNOWN')
  }
}

/** A plan is never answered like a request, nor a request with a credential. */
function assertMakes({ makes }: Maker, { resource }: ChallengeRecord): void {
  if (makes === (resource ? 'response' : 'accessGrant')) return
  throw new Key0Error('REQUEST_CONFLICT', { facts: { field: 'resource' } })
}

/** Another request holds the lease: its result is ours too. */
async function waitForOther(
  ctx: EngineContext,
  record: ChallengeRecord,
  maker: Maker,
): Promise<Done> {
  const deadlineMs = ctx.clock.nowMs() + ctx.settings.deliveryWaitMs
  while (ctx.clock.nowMs() < deadlineMs) {
    await ctx.sleep(POLL_MS)
    const current = await load(ctx, record.challengeId)
    if (current.state !== 'PAID' || deliveryOf(current)) return deliver(ctx, current, maker)
    if (!current.lease)
      throw new Key0Error('DELIVERY_FAILED', { facts: refundFacts(current, ctx.settings) })
    // Whoever held it is gone: nobody delivers, so this request does.
    if (current.lease.untilMs <= ctx.clock.nowMs()) return deliver(ctx, current, maker)
  }
  throw new Key0Error('DELIVERY_PENDING', { facts: refundFacts(record, ctx.settings) })
}

/** We hold the lease: have it made, then store it before anybody sees it. */
async function attempt(ctx: EngineContext, record: ChallengeRecord, maker: Maker): Promise<Done> {
  const made = await ask(ctx, record, maker)
  if (made.kind === 'made') return complete(ctx, record, made.fields)
  ctx.observe({ name: 'delivery.failed', challenge: record, reason: made.reason })
  await ctx.store.transition({
    id: record.challengeId,
    from: 'PAID',
    to: 'PAID',
    fields: { lease: undefined },
    version: record.version,
    key: ctx.newId(),
    reason: `delivery failed: ${made.kind}`,
  })
  const facts = { ...made.facts, ...refundFacts(record, ctx.settings) }
  throw new Key0Error('DELIVERY_FAILED', { facts })
}

async function ask(ctx: EngineContext, record: ChallengeRecord, maker: Maker): Promise<Made> {
  const { challengeId } = record
  let who = maker.makes === 'response' ? 'backend' : 'issuer'
  try {
    return await withinTime(maker.worstCaseMs + 1_000, async (signal) => {
      const made = await maker.make(record, signal)
      if (made.kind !== 'made') return made
      // Once delivered it could not go back, and not everybody who paid may ask a second time.
      who = 'seller’s books'
      await ctx.recordSale?.(record)
      return made
    })
  } catch (cause) {
    ctx.observe({ name: 'alert', what: `the ${who} threw`, challengeId, cause })
    return { kind: 'unknown', reason: `the ${who} threw` }
  }
}

async function complete(
  ctx: EngineContext,
  record: ChallengeRecord,
  made: Extract<Made, { readonly kind: 'made' }>['fields'],
): Promise<Done> {
  const outcome = await keep(ctx, {
    id: record.challengeId,
    from: 'PAID',
    to: 'DELIVERED',
    fields: {
      ...made,
      deliveredAt: new Date(ctx.clock.nowMs()),
      lease: undefined,
      ...(record.held !== undefined && { held: undefined }),
    },
    key: ctx.newId(),
  })
  switch (outcome.kind) {
    case 'applied':
    case 'replayed':
      // The key is this call's own: what is replayed was applied by it, and its reply was lost.
      ctx.observe({ name: 'challenge.delivered', challenge: outcome.record })
      return { record: outcome.record, replayed: false }
    case 'lost':
      // Another request delivered first, or a refund won: the stored fact counts, not ours.
      if (outcome.record.state === 'DELIVERED') return { record: outcome.record, replayed: true }
      throw closedError(outcome.record)
    case 'absent':
    case 'foreign':
      throw new Key0Error('CHALLENGE_UNKNOWN')
  }
}

/** The store is asked again so long after it did not answer: well within the lease's margin. */
const ASK_AGAIN_AFTER_MS = [100, 400, 1_500]

/**
 * Stores a delivery. Without an answer it may be stored all the same, and a stream is at hand in
 * this request only: the same move under the same key finds out.
 */
async function keep(ctx: EngineContext, move: Move): Promise<Outcome> {
  for (const pauseMs of ASK_AGAIN_AFTER_MS) {
    try {
      return await ctx.store.transition(move)
    } catch (cause) {
      const { id: challengeId } = move
      ctx.observe({ name: 'alert', what: 'a delivery is stored once more', challengeId, cause })
      await ctx.sleep(pauseMs)
    }
  }
  return ctx.store.transition(move)
}

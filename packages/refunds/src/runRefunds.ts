import {
  areRefundsStopped,
  type ChallengeRecord,
  type Continued,
  claimRefund,
  continueRefund,
  type Fence,
  findFence,
  invariant,
  type RefundContext,
  RefundMoved,
} from '@key0/core'
import { gatherRefunds } from './gatherRefunds.ts'
import type { RefundResult } from './RefundResult.ts'

export type PassOptions = {
  /** How old a PAID record must be; default 300000 ms. */
  readonly minAgeMs?: number
  /** How many records one pass takes on; default 50. */
  readonly batchSize?: number
}

export const DEFAULT_MIN_AGE_MS = 300_000
export const DEFAULT_BATCH_SIZE = 50

const RETRY_MIN_MS = 2_000
const RETRY_MAX_MS = 60_000

/**
 * One pass: continues refunds that are under way, then claims and starts due ones. Any number of
 * workers may run it at once; the record and the token's nonce carry the safety.
 */
export async function runRefunds(
  ctx: RefundContext,
  options: PassOptions = {},
): Promise<readonly RefundResult[]> {
  return await (await beginPass(ctx, options)).done
}

/** A pass that has sent what it took on, and may still wait for blocks. */
export type Pass = {
  /** Whether it began as many refunds as it had room for: there may be more. */
  readonly isFull: boolean
  readonly done: Promise<readonly RefundResult[]>
}

/**
 * Begins a pass. `inHand` names what this process is working on, and grows by what the pass takes
 * on: passes that overlap share it.
 */
export async function beginPass(
  ctx: RefundContext,
  options: PassOptions,
  inHand: Set<string> = new Set(),
): Promise<Pass> {
  const { minAgeMs = DEFAULT_MIN_AGE_MS, batchSize = DEFAULT_BATCH_SIZE } = options
  const gathering = gatherRefunds(ctx.payout, batchSize)
  const take = ({ challengeId }: ChallengeRecord): boolean =>
    !inHand.has(challengeId) && inHand.add(challengeId) !== undefined
  // Asked anew for every pass: what an operator stops begins nothing more, wherever it runs.
  const stopped = await areRefundsStopped(ctx)
  const now = new Date(ctx.clock.nowMs())
  const underWay = (await findUnderWay(ctx, now, batchSize)).filter(
    (record) => !isFresh(ctx, record) && take(record),
  )
  const continuing = underWay.map((record) =>
    gathering.run((payout) => proceed({ ...ctx, payout, stopped }, record)),
  )

  const cutoff = new Date(now.getTime() - minAgeMs)
  // Refunds that wait for something or somebody must not keep all others from ever starting.
  const room = Math.max(batchSize - underWay.length, Math.ceil(batchSize / 2))
  const begin = async (): Promise<Promise<RefundResult | undefined>[]> => {
    const fence = await findFence(ctx)
    if (stopped) return []
    const eligible = (await findOurs(ctx, cutoff, room, inHand)).filter(take)
    return eligible.map((record) =>
      gathering.run((payout) => start({ ...ctx, payout }, record, fence)),
    )
  }
  try {
    const starting = await begin()
    await gathering.sent()
    const done = Promise.all([...continuing, ...starting]).then((results) =>
      results.filter((result) => result !== undefined),
    )
    return { isFull: starting.length >= room, done }
  } catch (error) {
    await Promise.all(continuing)
    throw error
  }
}

/** Whoever moved it this short a time ago is still working on it; two only waste what they do. */
const FRESH_MS = 5_000

function isFresh({ clock, settings }: RefundContext, { updatedAt }: ChallengeRecord): boolean {
  const freshMs = Math.min(FRESH_MS, settings.resubmitAfterMs)
  return clock.nowMs() - updatedAt.getTime() < freshMs
}

/**
 * Refunds under way that are ours to continue, and what is out already, whose key may be gone. A
 * worker without the key would only put off what is another's, or give it up for its own lack of gas.
 */
async function findUnderWay(
  ctx: RefundContext,
  now: Date,
  limit: number,
): Promise<readonly ChallengeRecord[]> {
  const isOut = ({ chainId, refund }: ChallengeRecord): boolean =>
    chainId === ctx.chain.chainId && (refund?.carriers.length ?? 0) > 0
  for (let wanted = limit; ; wanted *= 2) {
    const found = await ctx.store.due(now, wanted, 'REFUND_PENDING')
    const ours = found.filter((record) => isOurs(ctx, record) || isOut(record))
    if (ours.length >= limit || found.length < wanted) return ours.slice(0, limit)
  }
}

function isOurs(
  { chain, payout }: RefundContext,
  { chainId, destination }: ChallengeRecord,
): boolean {
  return chainId === chain.chainId && payout.canSignFor(destination)
}

/**
 * Paid records whose refund is ours to make. Those of another chain, or of a wallet whose key is
 * not here, stay for their own worker, and however many they are, they never delay ours.
 */
async function findOurs(
  ctx: RefundContext,
  cutoff: Date,
  limit: number,
  inHand: ReadonlySet<string>,
): Promise<readonly ChallengeRecord[]> {
  const places = inHand.size === 0 ? 1 : CROWD_PLACES
  for (let wanted = limit * places; ; wanted *= 2) {
    const found = await ctx.store.findPendingForRefund(cutoff, wanted)
    const ours = found.filter((it) => isOurs(ctx, it) && !inHand.has(it.challengeId))
    if (ours.length < limit && found.length === wanted) continue
    const start = pickPlace(ctx, Math.min(places, Math.floor(ours.length / limit))) * limit
    return ours.slice(start, start + limit)
  }
}

/**
 * In a backlog the oldest are what every other worker goes for too. After its first pass each goes
 * on at a place of its own among the oldest, so that they seldom meet.
 */
const CROWD_PLACES = 8

function pickPlace({ newId }: RefundContext, places: number): number {
  if (places <= 1) return 0
  let sum = 0
  for (const character of newId()) sum = (sum * 31 + character.charCodeAt(0)) % 65_521
  return sum % places
}

/** Claims one refund and begins it. Nothing to report when it is not ours to make now. */
async function start(
  ctx: RefundContext,
  record: ChallengeRecord,
  fence: Fence,
): Promise<RefundResult | undefined> {
  try {
    const claimed = await claimRefund(ctx, record, fence)
    if (claimed.kind === 'claimed') return proceed(ctx, claimed.record)
  } catch (cause) {
    ctx.observe({
      name: 'alert',
      what: 'a refund could not be claimed',
      challengeId: record.challengeId,
      cause,
    })
  }
  return undefined
}

async function proceed(
  ctx: RefundContext,
  record: ChallengeRecord,
): Promise<RefundResult | undefined> {
  try {
    const continued = await continueRefund(ctx, record)
    if (continued.kind === 'pending') await agreeNextVisit(ctx, continued.record)
    return toResult(continued)
  } catch (error) {
    if (!(error instanceof RefundMoved)) {
      const { challengeId } = record
      ctx.observe({ name: 'alert', what: 'a refund did not go on', challengeId, cause: error })
      // It stays due, but no longer the longest overdue: the others are looked at before it.
      await agreeNextVisit(ctx, record).catch(() => undefined)
    }
    const reason = error instanceof Error ? error.message : 'unknown'
    return toResult({ kind: 'pending', record, reason })
  }
}

/** A refund that waits is looked at often while it is young, and seldom later. */
async function agreeNextVisit(ctx: RefundContext, record: ChallengeRecord): Promise<void> {
  const nowMs = ctx.clock.nowMs()
  const ageMs = nowMs - (record.refund?.claimedAtMs ?? nowMs)
  const pauseMs = Math.min(RETRY_MAX_MS, Math.max(RETRY_MIN_MS, Math.floor(ageMs / 4)))
  await ctx.store.postpone(record.challengeId, record.version, new Date(nowMs + pauseMs))
}

/** `undefined`: the record does not name its payment, so that there is nothing to report about. */
function toResult(continued: Continued): RefundResult | undefined {
  const { record } = continued
  if (!record.txHash || !record.fromAddress) return undefined
  const common = {
    challengeId: record.challengeId,
    originalTxHash: record.txHash,
    amount: record.amount,
    toAddress: record.fromAddress,
  }
  switch (continued.kind) {
    case 'refunded':
      invariant(record.refundTxHash, 'a refunded record names its transaction')
      return { ...common, success: true, refundTxHash: record.refundTxHash }
    case 'failed':
      return { ...common, success: false, error: continued.reason }
    case 'pending':
      return { ...common, success: false, error: continued.reason, pending: true }
  }
}

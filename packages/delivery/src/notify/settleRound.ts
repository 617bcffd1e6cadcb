import type { Lane, Parked } from './Lane.ts'
import { type Item, MANY_FAILURES, type Round, toParked } from './planRound.ts'

/** How one event of a round ended. */
export type Ended =
  | { readonly kind: 'delivered' }
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly retryAfterMs?: number
      /** The endpoint is there, and does not want this event. */
      readonly isRefusal: boolean
    }
  /** It can never be sent. */
  | { readonly kind: 'unsendable'; readonly reason: string }
  /** Nothing is to be told; or its entry is not in the stream any more, another is in its place. */
  | { readonly kind: 'vanished' }

/** In the order in which they ended. */
export type Results = ReadonlyMap<Item, Ended>

export type Retries = {
  /** An event that was tried for longer is a dead letter; default three days. */
  readonly retryForMs: number
  /** The wait after the first failure, doubled with every further one up to an hour. */
  readonly backoffMs: number
  /** With so many undelivered ones a lane reads no further: the stream keeps what comes. */
  readonly mostWaiting: number
  /** From 0 to 1. */
  readonly random: () => number
}

const LONGEST_BACKOFF_MS = 3_600_000
/** After so many attempts, more than an hour, an event may be given up early. */
const WORN_OUT = 10
const FIRST_REST_MS = 1_000
/** How soon the end of an outage is noticed at the latest. */
const LONGEST_REST_MS = 60_000

export type Settled = { readonly lane: Lane; readonly dead: readonly Parked[] }

/** Where a lane is after a round, and which events are given up. */
export function settleRound(
  lane: Lane,
  round: Round,
  results: Results,
  { retryForMs, backoffMs, mostWaiting, random }: Retries,
  nowMs: number,
): Settled {
  const jitter = (ms: number): number => Math.round(ms * (0.8 + 0.4 * random()))
  const dead: Parked[] = []
  const kept: Item[] = [...round.waiting]
  for (const item of round.groups.flat()) {
    const ended = results.get(item)
    if (ended === undefined) kept.push(item)
    else if (ended.kind === 'failed' || ended.kind === 'unsendable') {
      const firstAtMs = item.firstAtMs || nowMs
      const waitMs = Math.min(backoffMs * 2 ** item.attempts, LONGEST_BACKOFF_MS)
      const asked = ended.kind === 'failed' ? (ended.retryAfterMs ?? 0) : 0
      const attempts = item.attempts + 1
      const nextAtMs = nowMs + Math.max(jitter(waitMs), asked)
      const next = { ...item, attempts, firstAtMs, nextAtMs, reason: ended.reason }
      const isOver = ended.kind === 'unsendable' || nowMs - firstAtMs >= retryForMs
      if (isOver) dead.push(next)
      else kept.push(next)
    }
  }
  const failures = countFailures(lane.failures, results)
  // What failed with the endpoint is tried again with it, not an hour later.
  const isBack = lane.failures >= MANY_FAILURES && failures === 0
  const woken = toParked(kept).map((each) => (isBack ? { ...each, nextAtMs: nowMs } : each))
  const isTaking = [...results.values()].some(({ kind }) => kind === 'delivered')
  const deliveredAtMs = isTaking ? nowMs : lane.deliveredAtMs
  const { parked, wornOut } = thinOut(woken, mostWaiting, deliveredAtMs)
  const restMs = Math.min(FIRST_REST_MS * 2 ** (failures - MANY_FAILURES), LONGEST_REST_MS)
  return {
    lane: {
      ...lane,
      ...{ cursor: round.cursor, parked, failures, deliveredAtMs },
      restUntilMs: failures >= MANY_FAILURES ? nowMs + jitter(restMs) : 0,
    },
    dead: toParked([...dead, ...wornOut]),
  }
}

/**
 * When so many wait that the lane stands still, gives those up that were refused most often while
 * others were taken: what an endpoint takes must not wait for what it will never take.
 */
function thinOut(
  parked: readonly Parked[],
  mostWaiting: number,
  deliveredAtMs: number,
): { readonly parked: readonly Parked[]; readonly wornOut: readonly Parked[] } {
  const crowd = parked.length - mostWaiting + 1
  if (crowd <= 0) return { parked, wornOut: [] }
  const wornOut = parked
    .filter(({ attempts, firstAtMs }) => attempts >= WORN_OUT && deliveredAtMs >= firstAtMs)
    .toSorted((a, b) => b.attempts - a.attempts)
    .slice(0, crowd)
  const isGone = new Set(wornOut)
  return { parked: parked.filter((each) => !isGone.has(each)), wornOut }
}

/** Failures in a row, going on from those before. */
function countFailures(before: number, results: Results): number {
  let failures = before
  for (const ended of results.values()) {
    if (ended.kind === 'delivered') failures = 0
    if (ended.kind === 'failed' && !ended.isRefusal) failures += 1
  }
  return failures
}

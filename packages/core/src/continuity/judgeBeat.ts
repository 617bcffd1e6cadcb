import type { Beat, BreakCause, Continuity, Heartbeat } from './Continuity.ts'

/** How long a sign of life is kept, and how many: a few minutes of many processes. */
const BEATS_FOR_MS = 120_000
const BEATS_KEPT = 64

/** A loss that follows another one this soon begins where that one began: it is not accounted for. */
const SAME_LOSS_MS = 86_400_000

/** What an engine says of itself at the moment of a beat. */
export type EngineSigns = {
  readonly lineage: string
  readonly highestEvent: number
  readonly nowMs: number
}

/**
 * What a store's continuity is after a beat. A loss that is known needs no look at the chain, so
 * it ends a silence; the end of the last loss never goes back.
 */
export function judgeBeat(
  stored: Continuity | undefined,
  { beatId, remembered, quietMs, examined }: Heartbeat,
  { lineage, highestEvent, nowMs }: EngineSigns,
): Continuity {
  const now = new Date(Math.max(nowMs, stored?.aliveAt.getTime() ?? 0))
  const base = {
    deploymentId: stored?.deploymentId ?? beatId,
    lineage,
    highestEvent: Math.max(highestEvent, stored?.highestEvent ?? 0),
    aliveAt: now,
    beats: keepBeats(stored, { id: beatId, atMs: now.getTime() }),
  }
  const last = stored?.break
  const cause = findBreak(stored, base, remembered)
  if (cause) {
    const lastAlive = (stored ?? remembered)?.aliveAt ?? now
    const since = remembered && remembered.aliveAt < lastAlive ? remembered.aliveAt : lastAlive
    return { ...base, break: { since: join(since, now, last), until: now, cause } }
  }
  const silence = hearSilence(stored, now, quietMs)
  if (!silence || silence.until.getTime() !== examined?.until.getTime())
    return { ...base, ...(silence && { silence }), ...(last && { break: last }) }
  if (!examined.paymentsMissing) return { ...base, ...(last && { break: last }) }
  const until = last && last.until > silence.until ? last.until : silence.until
  return { ...base, break: { since: join(silence.since, now, last), until, cause: 'payments' } }
}

function findBreak(
  stored: Continuity | undefined,
  now: Pick<Continuity, 'deploymentId' | 'lineage' | 'highestEvent'>,
  remembered: Heartbeat['remembered'],
): BreakCause | undefined {
  if (remembered && remembered.deploymentId !== now.deploymentId) return 'deployment'
  if (stored && stored.lineage !== now.lineage) return 'engine'
  if (remembered && remembered.highestEvent > now.highestEvent) return 'events'
  // Events grow again after a restore; a sign of life that was given and is gone does not.
  if (remembered && stored && isForgotten(stored, remembered)) return 'events'
  return undefined
}

/**
 * Whether a sign of life is gone that the store once acknowledged: it is newer than the newest one,
 * or is not among those of its time.
 */
function isForgotten(
  { aliveAt, beats }: Continuity,
  remembered: NonNullable<Heartbeat['remembered']>,
): boolean {
  if (remembered.aliveAt > aliveAt) return true
  const [oldest] = beats
  if (!oldest || remembered.beatId === undefined) return false
  if (remembered.aliveAt.getTime() <= oldest.atMs) return false
  return beats.every(({ id }) => id !== remembered.beatId)
}

function keepBeats(stored: Continuity | undefined, beat: Beat): readonly Beat[] {
  const recent = (stored?.beats ?? []).filter(({ atMs }) => beat.atMs - atMs < BEATS_FOR_MS)
  return [...recent, beat].slice(-BEATS_KEPT)
}

function join(since: Date, now: Date, last: Continuity['break']): Date {
  const isRecent = last && now.getTime() - last.until.getTime() < SAME_LOSS_MS
  return isRecent && last.since < since ? last.since : since
}

/** A silence that nobody examined grows by the next one, but not by a beat in between. */
function hearSilence(
  stored: Continuity | undefined,
  now: Date,
  quietMs: number,
): Continuity['silence'] {
  if (!stored) return undefined
  const { aliveAt, silence } = stored
  if (now.getTime() - aliveAt.getTime() <= quietMs) return silence
  return { since: silence?.since ?? aliveAt, until: now }
}

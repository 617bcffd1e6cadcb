import type { BreakCause, Continuity, Heartbeat } from './Continuity.ts'

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
  { newDeploymentId, remembered, quietMs, examined }: Heartbeat,
  { lineage, highestEvent, nowMs }: EngineSigns,
): Continuity {
  const now = new Date(Math.max(nowMs, stored?.aliveAt.getTime() ?? 0))
  const base = {
    deploymentId: stored?.deploymentId ?? newDeploymentId,
    lineage,
    highestEvent: Math.max(highestEvent, stored?.highestEvent ?? 0),
    aliveAt: now,
  }
  const cause = findBreak(stored, base, remembered)
  if (cause) {
    const lastAlive = (stored ?? remembered)?.aliveAt ?? now
    const since = remembered && remembered.aliveAt < lastAlive ? remembered.aliveAt : lastAlive
    return { ...base, break: { since, until: now, cause } }
  }
  const last = stored?.break
  const silence = hearSilence(stored, now, quietMs)
  if (!silence || silence.until.getTime() !== examined?.until.getTime())
    return { ...base, ...(silence && { silence }), ...(last && { break: last }) }
  if (!examined.paymentsMissing) return { ...base, ...(last && { break: last }) }
  const until = last && last.until > silence.until ? last.until : silence.until
  return { ...base, break: { since: silence.since, until, cause: 'payments' } }
}

function findBreak(
  stored: Continuity | undefined,
  now: Pick<Continuity, 'deploymentId' | 'lineage' | 'highestEvent'>,
  remembered: Heartbeat['remembered'],
): BreakCause | undefined {
  if (remembered && remembered.deploymentId !== now.deploymentId) return 'deployment'
  if (remembered && remembered.highestEvent > now.highestEvent) return 'events'
  // Events grow again after a restore; a sign of life that was given and is gone does not.
  if (remembered && stored && remembered.aliveAt > stored.aliveAt) return 'events'
  return stored && stored.lineage !== now.lineage ? 'engine' : undefined
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

import type { AuditEntry } from '@key0/core'
import type { Lane, Parked } from './Lane.ts'

/** So many failures in a row, and the endpoint is asked with one event at a time. */
export const MANY_FAILURES = 3

/** An event of a round: parked, or with its entry when it is new. */
export type Item = Parked & { readonly entry?: AuditEntry }

/** What one round does. */
export type Round = {
  /** Of one challenge each, in their order; a later one only after the one before arrived. */
  readonly groups: readonly (readonly Item[])[]
  /** What is not tried in this round, in the order of the stream. */
  readonly waiting: readonly Parked[]
  readonly cursor: number
}

/** A page of the stream: its entries for this lane, and where it ended. */
export type Page = { readonly entries: readonly AuditEntry[]; readonly end: number }

/**
 * What can be tried now. An event waits while an earlier one of its challenge does. An endpoint
 * that fails and fails is asked with one event: its backlog stays where it is, in the stream.
 */
export function planRound(lane: Lane, page: Page, nowMs: number): Round {
  const isProbe = lane.failures >= MANY_FAILURES
  const { entries, end } = isProbe ? cutPage(lane, page, nowMs) : page
  const groups = new Map<string, Item[]>()
  for (const item of [...lane.parked, ...entries.map(toItem)]) {
    const group = groups.get(item.challengeId)
    if (group) group.push(item)
    else groups.set(item.challengeId, [item])
  }
  const due = [...groups.values()].filter(([head]) => (head?.nextAtMs ?? 0) <= nowMs)
  const tried = isProbe ? due.slice(0, 1).map((group) => group.slice(0, 1)) : due
  const isTried = new Set(tried.flat())
  const rest = [...groups.values()].flat().filter((item) => !isTried.has(item))
  return { groups: tried, waiting: toParked(rest), cursor: end }
}

/** Up to the first event that may be tried; nothing when a parked one may be. */
function cutPage(lane: Lane, { entries, end }: Page, nowMs: number): Page {
  const isParked = new Set(lane.parked.map(({ challengeId }) => challengeId))
  const heads = lane.parked.filter(
    ({ challengeId }, index) =>
      lane.parked.findIndex((other) => other.challengeId === challengeId) === index,
  )
  if (heads.some(({ nextAtMs }) => nextAtMs <= nowMs)) return { entries: [], end: lane.cursor }
  const first = entries.findIndex(({ challengeId }) => !isParked.has(challengeId))
  if (first < 0) return { entries, end }
  return { entries: entries.slice(0, first + 1), end: entries[first]?.sequence ?? end }
}

function toItem(entry: AuditEntry): Item {
  const { sequence, challengeId } = entry
  return { sequence, challengeId, attempts: 0, firstAtMs: 0, nextAtMs: 0, entry }
}

/** Without the entries, which are read again from the stream; in its order. */
export function toParked(items: readonly Item[]): readonly Parked[] {
  return items.map(({ entry: _, ...parked }) => parked).toSorted((a, b) => a.sequence - b.sequence)
}

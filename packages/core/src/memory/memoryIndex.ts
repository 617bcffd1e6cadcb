import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { type State, states } from '../lifecycle/transitions.ts'
import type { RecordIndex } from '../local/Tables.ts'
import { compareEntries, createSortedIds, type SortedIds } from './sortedIds.ts'

/** What records are found by, in an order for every question that is asked. */
export type MemoryIndex = {
  put(record: ChallengeRecord, index: RecordIndex): void
  remove(id: string): void
  due(nowMs: number, limit: number, state: State | undefined): readonly string[]
  forgettable(nowMs: number, limit: number): readonly string[]
  refundable(paidBeforeMs: number, nowMs: number, limit: number): readonly string[]
}

export function createMemoryIndex(): MemoryIndex {
  const dueIn = new Map<State, SortedIds>(states.map((state) => [state, createSortedIds()]))
  const forgettable = createSortedIds()
  const refundable = createSortedIds()
  /** Those that would be refundable, but for a lease: by its end. */
  const leased = createSortedIds()
  const paidAtMs = new Map<string, number>()
  /** In which of `dueIn` an id stands, so that a write touches two of them and not all. */
  const stateOf = new Map<string, State>()

  const putDueIn = (id: string, state: State | undefined, dueAtMs: number | undefined): void => {
    const before = stateOf.get(id)
    if (before !== undefined && before !== state) dueIn.get(before)?.set(id, undefined)
    if (state === undefined) stateOf.delete(id)
    else {
      dueIn.get(state)?.set(id, dueAtMs)
      if (before !== state) stateOf.set(id, state)
    }
  }

  const put = (id: string, state: State | undefined, index: Partial<RecordIndex>): void => {
    const { dueAtMs, forgetAtMs, refundablePaidAtMs, leasedUntilMs } = index
    putDueIn(id, state, dueAtMs)
    forgettable.set(id, forgetAtMs)
    const waits = refundablePaidAtMs !== undefined && leasedUntilMs
    leased.set(id, waits ? leasedUntilMs : undefined)
    refundable.set(id, waits ? undefined : refundablePaidAtMs)
    if (refundablePaidAtMs === undefined) paidAtMs.delete(id)
    else paidAtMs.set(id, refundablePaidAtMs)
  }

  const dueInAny = (nowMs: number, limit: number): readonly string[] =>
    [...dueIn.values()]
      .flatMap((ids) => ids.entriesBelow(nowMs + 1, limit))
      .sort(compareEntries)
      .slice(0, limit)
      .map(({ id }) => id)

  return {
    put: (record, index) => put(record.challengeId, record.state, index),
    remove: (id) => put(id, undefined, {}),
    due: (nowMs, limit, state) =>
      state === undefined
        ? dueInAny(nowMs, limit)
        : (dueIn.get(state)?.below(nowMs + 1, limit, 0) ?? []),
    forgettable: (nowMs, limit) => forgettable.below(nowMs + 1, limit, 0),
    refundable(paidBeforeMs, nowMs, limit) {
      // A lease ends once, so moving those that ended costs no more than taking them did.
      for (const id of leased.below(nowMs + 1, Number.POSITIVE_INFINITY, 0)) {
        leased.set(id, undefined)
        refundable.set(id, paidAtMs.get(id))
      }
      return refundable.below(paidBeforeMs, limit, 0)
    },
  }
}

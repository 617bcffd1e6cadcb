import type {
  ChallengeBase,
  ChallengeFields,
  ChallengeRecord,
} from '../challenge/ChallengeRecord.ts'
import { dueAtMs } from '../lifecycle/dueAt.ts'
import { isLive } from '../lifecycle/isLive.ts'
import { isRefundable } from '../lifecycle/isRefundable.ts'
import { forgetAtMs, type Retention } from '../lifecycle/retention.ts'
import type { State } from '../lifecycle/transitions.ts'
import type { Attempt, Outcome } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Tables } from './Tables.ts'

/** A move that was found legal and that nothing stands against. */
type Write = Attempt & {
  readonly to: State
  readonly fields: { readonly [name in keyof ChallengeFields]?: ChallengeFields[name] | undefined }
}

/** Records over tables: reading what is not yet forgotten, and writing with index and audit. */
export type Records = {
  read(id: string): ChallengeRecord | undefined
  findLive(scope: string, requestId: string): ChallengeRecord | undefined
  insert(base: ChallengeBase, attempt: Attempt): Outcome
  write(record: ChallengeRecord, move: Write): Outcome
  /** Writes without a transition: no audit entry. */
  touch(
    record: ChallengeRecord,
    fields: Pick<ChallengeFields, 'nextVisitAt' | 'paymentFinal'>,
  ): Outcome
  /** Forgets up to `limit` records whose time is over. */
  sweep(limit: number): void
  /** What is due; forgets what stands there and should have been forgotten. */
  due(nowMs: number, limit: number, state: State | undefined): readonly ChallengeRecord[]
}

export function createRecords(tables: Tables, clock: Clock, retention: Retention): Records {
  const isForgotten = (record: ChallengeRecord): boolean => {
    const at = forgetAtMs(record, retention)
    return at !== undefined && at <= clock.nowMs()
  }
  const read = (id: string): ChallengeRecord | undefined => {
    const record = tables.getRecord(id)
    return record && !isForgotten(record) ? record : undefined
  }
  const forget = (record: ChallengeRecord): void =>
    tables.deleteRecord(record, record.paymentRef !== undefined)
  const put = (record: ChallengeRecord): void =>
    tables.putRecord(record, {
      dueAtMs: dueAtMs(record),
      forgetAtMs: forgetAtMs(record, retention),
      refundablePaidAtMs: isRefundable(record) ? record.paidAt?.getTime() : undefined,
      leasedUntilMs: record.lease?.untilMs ?? 0,
    })
  const audit = (
    next: ChallengeRecord,
    from: State | null,
    { key, actor = 'key0', reason }: Attempt,
    wrote: readonly string[],
  ): void => {
    const { challengeId, version, state: to, updatedAt } = next
    const entry = { challengeId, version, from, to, key, at: new Date(updatedAt), actor, wrote }
    tables.appendAudit(reason === undefined ? entry : { ...entry, reason })
  }

  return {
    read,
    findLive(scope, requestId) {
      const id = tables.getRequest(scope, requestId)
      const record = id === undefined ? undefined : read(id)
      return record && isLive(record, clock.nowMs()) ? record : undefined
    },
    insert(base, attempt) {
      const record = newRecord(base, clock.nowMs())
      put(record)
      tables.putRequest(base.scope, base.requestId, base.challengeId)
      audit(record, null, attempt, [])
      return { kind: 'applied', record }
    },
    write(record, move) {
      const next = nextRecord(record, move, clock.nowMs())
      put(next)
      audit(next, record.state, move, Object.keys(move.fields))
      return { kind: 'applied', record: next }
    },
    touch(record, fields) {
      const next = { ...record, ...fields, version: record.version + 1 }
      put(next)
      return { kind: 'applied', record: next }
    },
    sweep: (limit) => tables.forgettable(clock.nowMs(), limit).forEach(forget),
    due(nowMs, limit, state) {
      // A page of forgotten records must not look like a page of no work: ask again without them.
      for (;;) {
        const found = tables.due(nowMs, limit, state)
        const forgotten = found.filter(isForgotten)
        if (forgotten.length === 0) return found
        forgotten.forEach(forget)
      }
    },
  }
}

function newRecord(base: ChallengeBase, nowMs: number): ChallengeRecord {
  return { ...base, state: 'PENDING', version: 1, schemaVersion: 1, updatedAt: new Date(nowMs) }
}

/** A visit that was agreed on belongs to the state it was agreed in; a new move starts afresh. */
function nextRecord(record: ChallengeRecord, move: Write, nowMs: number): ChallengeRecord {
  const { nextVisitAt: _, ...kept } = record
  const next: Record<string, unknown> = { ...kept, ...move.fields }
  for (const name of Object.keys(next)) if (next[name] === undefined) delete next[name]
  return {
    ...(next as ChallengeRecord),
    state: move.to,
    version: record.version + 1,
    updatedAt: new Date(nowMs),
  }
}

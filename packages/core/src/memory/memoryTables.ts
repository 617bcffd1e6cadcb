import type { AuditEntry } from '../challenge/AuditEntry.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { PaymentClaim } from '../challenge/PaymentClaim.ts'
import type { RecordIndex, Tables } from '../local/Tables.ts'
import { createSortedIds, type SortedIds } from './sortedIds.ts'

/**
 * Tables in plain maps. A step never throws half-way (every check comes before the first write),
 * so atomicity needs no undo here. What goes in is frozen: a caller cannot change a stored record
 * through the copy it was handed.
 */
export function createMemoryTables(): Tables {
  const records = new Map<string, ChallengeRecord>()
  const requests = new Map<string, string>()
  const claims = new Map<string, PaymentClaim>()
  const trails = new Map<string, AuditEntry[]>()
  const stream = new Map<number, AuditEntry>()
  const acks = new Map<string, number>()
  const dueIds = createSortedIds()
  const forgetIds = createSortedIds()
  const refundIds = createSortedIds()
  let sequence = 0

  const requestKey = (scope: string, requestId: string): string => `${scope}\n${requestId}`
  const load = (ids: readonly string[]): ChallengeRecord[] =>
    ids.map((id) => records.get(id)).filter((record) => record !== undefined)
  return {
    atomically: (step) => step(),
    getRecord: (id) => records.get(id),
    putRecord(record: ChallengeRecord, index: RecordIndex) {
      const id = record.challengeId
      records.set(id, Object.freeze(record))
      dueIds.set(id, index.dueAtMs)
      forgetIds.set(id, index.forgetAtMs)
      refundIds.set(id, index.refundablePaidAtMs)
    },
    deleteRecord(record, keepAudit) {
      const id = record.challengeId
      records.delete(id)
      for (const ids of [dueIds, forgetIds, refundIds]) ids.set(id, undefined)
      const key = requestKey(record.scope, record.requestId)
      if (requests.get(key) === id) requests.delete(key)
      if (keepAudit) return
      for (const entry of trails.get(id) ?? []) stream.delete(entry.sequence)
      trails.delete(id)
    },
    getRequest: (scope, requestId) => requests.get(requestKey(scope, requestId)),
    putRequest: (scope, requestId, id) => void requests.set(requestKey(scope, requestId), id),
    getClaim: (paymentRef) => claims.get(paymentRef),
    putClaim: (claim) => void claims.set(claim.paymentRef, Object.freeze(claim)),
    appendAudit(entry) {
      sequence += 1
      const whole = Object.freeze({ ...entry, sequence })
      const trail = trails.get(entry.challengeId)
      if (trail) trail.push(whole)
      else trails.set(entry.challengeId, [whole])
      stream.set(sequence, whole)
    },
    hasAttempt: (id, key) => (trails.get(id) ?? []).some((entry) => entry.key === key),
    history: (id) => [...(trails.get(id) ?? [])],
    events: (after, limit) => takeAfter(stream, after, limit),
    refundable: (paidBeforeMs, nowMs, limit) =>
      search(
        load,
        refundIds,
        paidBeforeMs,
        limit,
        (record) => (record.lease?.untilMs ?? 0) <= nowMs,
      ),
    due: (nowMs, limit, state) =>
      search(
        load,
        dueIds,
        nowMs + 1,
        limit,
        (record) => state === undefined || record.state === state,
      ),
    forgettable: (nowMs, limit) => load(forgetIds.below(nowMs + 1, limit, 0)),
    getAck: (consumer) => acks.get(consumer) ?? 0,
    putAck: (consumer, acked) => void acks.set(consumer, Math.max(acked, acks.get(consumer) ?? 0)),
    close: () => {},
  }
}

/** The first `limit` records below a score that are wanted, a page at a time. */
function search(
  load: (ids: readonly string[]) => readonly ChallengeRecord[],
  ids: SortedIds,
  score: number,
  limit: number,
  wanted: (record: ChallengeRecord) => boolean,
): readonly ChallengeRecord[] {
  const found: ChallengeRecord[] = []
  for (let offset = 0; ; offset += limit) {
    const page = ids.below(score, limit, offset)
    found.push(...load(page).filter(wanted))
    if (page.length < limit || found.length >= limit) return found.slice(0, limit)
  }
}

function takeAfter(
  stream: ReadonlyMap<number, AuditEntry>,
  after: number,
  limit: number,
): readonly AuditEntry[] {
  const found: AuditEntry[] = []
  for (const entry of stream.values()) {
    if (found.length === limit) break
    if (entry.sequence > after) found.push(entry)
  }
  return found
}

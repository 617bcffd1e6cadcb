import type { AuditEntry } from '../challenge/AuditEntry.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { PaymentClaim } from '../challenge/PaymentClaim.ts'
import type { RecordIndex, Tables } from '../local/Tables.ts'
import { copyData } from './copyData.ts'
import { createMemoryIndex } from './memoryIndex.ts'

/**
 * Tables in plain maps. A step never throws half-way (every check comes before the first write),
 * so atomicity needs no undo here. What goes in and what comes out is copied: a caller cannot
 * change what is stored through an object it handed in or was handed.
 */
export function createMemoryTables(): Tables {
  const records = new Map<string, ChallengeRecord>()
  const requests = new Map<string, string>()
  const claims = new Map<string, PaymentClaim>()
  const trails = new Map<string, AuditEntry[]>()
  /** Every entry at the place of its sequence; forgotten ones leave a hole. */
  const stream: (AuditEntry | undefined)[] = []
  const acks = new Map<string, number>()
  let witness: string | undefined
  const index = createMemoryIndex()

  // The length says where the scope ends, whatever it holds.
  const requestKey = (scope: string, requestId: string): string =>
    `${scope.length}:${scope}${requestId}`
  const getRecord = (id: string): ChallengeRecord | undefined => copyData(records.get(id))
  const load = (ids: readonly string[]): readonly ChallengeRecord[] =>
    ids.map(getRecord).filter((record) => record !== undefined)

  const tables: Tables = {
    atomically: (step) => step(),
    getRecord,
    putRecord(record: ChallengeRecord, found: RecordIndex) {
      records.set(record.challengeId, copyData(record))
      index.put(record, found)
    },
    deleteRecord(record, keepAudit) {
      const id = record.challengeId
      records.delete(id)
      index.remove(id)
      const key = requestKey(record.scope, record.requestId)
      if (requests.get(key) === id) requests.delete(key)
      if (keepAudit) return
      for (const entry of trails.get(id) ?? []) stream[entry.sequence - 1] = undefined
      trails.delete(id)
    },
    getRequest: (scope, requestId) => requests.get(requestKey(scope, requestId)),
    putRequest: (scope, requestId, id) => void requests.set(requestKey(scope, requestId), id),
    getClaim: (paymentRef) => copyData(claims.get(paymentRef)),
    putClaim: (claim) => void claims.set(claim.paymentRef, copyData(claim)),
    appendAudit(entry) {
      const whole = { ...entry, sequence: stream.length + 1 }
      const trail = trails.get(entry.challengeId)
      if (trail) trail.push(whole)
      else trails.set(entry.challengeId, [whole])
      stream.push(whole)
    },
    hasAttempt: (id, key) => (trails.get(id) ?? []).some((entry) => entry.key === key),
    history: (id) => copyData(trails.get(id) ?? []),
    events: (after, limit) => copyData(takeAfter(stream, after, limit)),
    refundable: (paidBeforeMs, nowMs, limit) => load(index.refundable(paidBeforeMs, nowMs, limit)),
    due: (nowMs, limit, state) => load(index.due(nowMs, limit, state)),
    forgettable: (nowMs, limit) => load(index.forgettable(nowMs, limit)),
    highestEvent: () => stream.length,
    getWitness: () => witness,
    putWitness(text) {
      witness = text
    },
    getAck: (consumer) => acks.get(consumer) ?? 0,
    putAck: (consumer, acked) => void acks.set(consumer, Math.max(acked, acks.get(consumer) ?? 0)),
    close() {
      for (const name of Object.keys(tables))
        if (name !== 'close') Object.assign(tables, { [name]: refuse })
    },
  }
  return tables
}

function takeAfter(
  stream: readonly (AuditEntry | undefined)[],
  after: number,
  limit: number,
): readonly AuditEntry[] {
  const found: AuditEntry[] = []
  for (let place = Math.max(0, after); place < stream.length && found.length < limit; place += 1) {
    const entry = stream[place]
    if (entry) found.push(entry)
  }
  return found
}

function refuse(): never {
  throw new Error('The store is closed.')
}

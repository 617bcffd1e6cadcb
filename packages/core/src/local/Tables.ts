import type { AuditEntry } from '../challenge/AuditEntry.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { PaymentClaim } from '../challenge/PaymentClaim.ts'
import type { State } from '../lifecycle/transitions.ts'

/** What a record is found by. Derived from it at every write, so that it cannot drift. */
export type RecordIndex = {
  /** When a worker must look at it; `undefined`: never. */
  readonly dueAtMs: number | undefined
  /** When it may be forgotten; `undefined`: not while it is like this. */
  readonly forgetAtMs: number | undefined
  /** When it was paid, if its payment may be refunded. */
  readonly refundablePaidAtMs: number | undefined
  /** Until when somebody is delivering it; 0: nobody is. */
  readonly leasedUntilMs: number
}

/**
 * The storage under a store that lives in one process: synchronous, so that a step of several
 * reads and writes is atomic by nature in memory, and one transaction in an embedded database.
 * It holds data and decides nothing; every decision is in `createLocalStore`.
 */
export interface Tables {
  /** Runs a step; when it throws, nothing of it stays. */
  atomically<result>(step: () => result): result

  getRecord(id: string): ChallengeRecord | undefined
  putRecord(record: ChallengeRecord, index: RecordIndex): void
  /** Forgets a record and its request index; its audit trail too unless it is to be kept. */
  deleteRecord(record: ChallengeRecord, keepAudit: boolean): void

  getRequest(scope: string, requestId: string): string | undefined
  putRequest(scope: string, requestId: string, id: string): void

  getClaim(paymentRef: string): PaymentClaim | undefined
  putClaim(claim: PaymentClaim): void

  /** The entry is given away: nobody else holds it or anything in it. */
  appendAudit(entry: Omit<AuditEntry, 'sequence'>): void
  hasAttempt(id: string, key: string): boolean
  history(id: string): readonly AuditEntry[]
  events(after: number, limit: number): readonly AuditEntry[]

  /** Paid before, no lease that lasts beyond `nowMs`; the oldest payment first. */
  refundable(paidBeforeMs: number, nowMs: number, limit: number): readonly ChallengeRecord[]
  /** Longest overdue first; with `state`, only records in it. */
  due(nowMs: number, limit: number, state: State | undefined): readonly ChallengeRecord[]
  forgettable(nowMs: number, limit: number): readonly ChallengeRecord[]

  /** The highest sequence given so far, also when its entry is forgotten. */
  highestEvent(): number
  /** The text of the store's continuity. */
  getWitness(): string | undefined
  putWitness(text: string): void

  getAck(consumer: string): number
  putAck(consumer: string, sequence: number): void

  close(): void
}

import type { AuditEntry } from '../challenge/AuditEntry.ts'
import type {
  ChallengeBase,
  ChallengeFields,
  ChallengeRecord,
} from '../challenge/ChallengeRecord.ts'
import type { Hash } from '../challenge/hex.ts'
import type { PaymentClaim } from '../challenge/PaymentClaim.ts'
import type { PaymentRef } from '../challenge/PaymentRef.ts'
import type { SettlementIntent } from '../challenge/SettlementIntent.ts'
import type { Continuity, Heartbeat } from '../continuity/Continuity.ts'
import type { State } from '../lifecycle/transitions.ts'

/**
 * What one write did. A boolean could not tell a lost reply from a lost race. Refusals rank in
 * this order in every engine: absent, replayed, foreign, lost.
 */
export type Outcome =
  /** This call did it. */
  | { readonly kind: 'applied'; readonly record: ChallengeRecord }
  /** An earlier call with the same key did it and its reply was lost. Go on as if applied. */
  | { readonly kind: 'replayed'; readonly record: ChallengeRecord }
  /** The payment belongs to another challenge. Nothing was written. */
  | { readonly kind: 'foreign'; readonly owner: string }
  /** The record is not where the caller believed, or its data forbids the move. Nothing written. */
  | { readonly kind: 'lost'; readonly record: ChallengeRecord }
  | { readonly kind: 'absent' }

/** Names one attempt of one caller, and why: the same key again is the same attempt. */
export type Attempt = {
  readonly key: string
  /** Who does it, for the audit trail; default `"key0"`. */
  readonly actor?: string
  readonly reason?: string
}

export type Move = Attempt & {
  readonly id: string
  readonly from: State
  readonly to: State
  /** Only fields that the table's row names. A field set to `undefined` is removed. */
  readonly fields?: { readonly [name in keyof ChallengeFields]?: ChallengeFields[name] | undefined }
  /** Refuse (`lost`) unless the record is at exactly this version. */
  readonly version?: number
}

/** What `healthCheck` found. `problems` on mainnet keep the gateway from starting. */
export type StoreHealth = {
  readonly ok: boolean
  /** True when acknowledged writes survive a crash of the machine or process. */
  readonly durable: boolean
  readonly problems: readonly string[]
}

/**
 * Where challenges live. Every write is one atomic step, and writes its audit entry in that same
 * step. A write of a move that is not in the lifecycle table, or of a field its row does not
 * name, throws `TRANSITION_ILLEGAL` and writes nothing.
 */
export interface ChallengeStore {
  /**
   * Inserts a PENDING challenge. Of any number of callers with one (scope, requestId) exactly one
   * sees `applied`; the others see `replayed` with the live record that exists. A record is live
   * unless it is EXPIRED, CANCELLED, or PENDING past its deadline with no open intent: then a new
   * challenge takes its place in the index. An id that exists already is `replayed` as well.
   * Creating writes an audit entry with `from: null`.
   */
  create(base: ChallengeBase, attempt: Attempt): Promise<Outcome>

  /** Reads a record whole, whatever its state; expired ones too, until they are forgotten. */
  get(id: string): Promise<ChallengeRecord | undefined>

  /** The live record that (scope, requestId) names, in the sense of `create`. */
  findActiveByRequestId(requestId: string, scope: string): Promise<ChallengeRecord | undefined>

  /**
   * Writes a settlement intent ahead of the settlement (PENDING -> PENDING) and claims its payment
   * RESERVED, store-wide, in one step, so that one authorization never works for two challenges.
   * `foreign`: another challenge owns the payment. `lost`: not PENDING, or
   * another payment's intent is OPEN here. `replayed`: this very payment is this challenge's
   * already (RESERVED or APPLIED): go on from the record.
   */
  reserve(id: string, intent: SettlementIntent, attempt: Attempt): Promise<Outcome>

  /**
   * Claims the payment APPLIED and moves PENDING -> PAID in one step. This is deliberately the
   * only way to spend a payment. `replayed`: this challenge was bought by this payment already,
   * whatever its state is now. A claim that an older deployment left under the plain transaction
   * hash is honoured as `foreign`.
   */
  settle(
    id: string,
    paymentRef: PaymentRef,
    fields: ChallengeFields & { readonly txHash: Hash },
    attempt: Attempt,
  ): Promise<Outcome>

  /**
   * Compare-and-swap for every other row of the table. `lost` when the state or the version is
   * not the expected one, or when `guard` refuses. PENDING -> PAID is refused as illegal: only
   * `settle` spends. PAID -> PENDING gives the payment's claim back to RESERVED.
   */
  transition(move: Move): Promise<Outcome>

  /**
   * Moves a record's next visit, or notes that its payment became final, without changing its
   * state: facts about our work and the chain, not transitions, so no audit entry.
   */
  postpone(
    id: string,
    version: number,
    nextVisitAt: Date,
    facts?: { readonly paymentFinal: true },
  ): Promise<Outcome>

  /** The owner of a payment, if any. */
  getClaim(paymentRef: PaymentRef): Promise<PaymentClaim | undefined>

  /**
   * PAID records paid before `cutoff`, payer known, no grant, no unexpired lease, not held; the
   * oldest first. The cost grows with `limit` and the logarithm of the records, never with how
   * many are not eligible.
   */
  findPendingForRefund(cutoff: Date, limit: number): Promise<readonly ChallengeRecord[]>

  /**
   * Every record that must be continued by now (see `dueAtMs`), by a worker or, REFUND_FAILED, by a
   * person, the longest overdue first; with `state`, only those in it, so that a crowd of one kind
   * never delays another.
   */
  due(now: Date, limit: number, state?: State): Promise<readonly ChallengeRecord[]>

  /** The append-only audit trail of one challenge, oldest first. */
  history(id: string): Promise<readonly AuditEntry[]>

  /** The same trail as one stream over all challenges: entries after `sequence`. */
  events(after: number, limit: number): Promise<readonly AuditEntry[]>

  /** Remembers for `consumer` that everything up to `sequence` was handled. */
  ack(consumer: string, sequence: number): Promise<void>

  /** What `ack` remembered last; 0 when nothing yet. */
  acked(consumer: string): Promise<number>

  /**
   * A sign of life of one process, and its doubts: compares what the process remembers with what
   * the store is, notes a loss or a silence, and answers how things stand. One atomic step; every
   * process of a deployment does it every few seconds.
   */
  beat(heartbeat: Heartbeat): Promise<Continuity>

  healthCheck(): Promise<StoreHealth>

  /** Releases connections and files. Further calls are errors. */
  close(): Promise<void>
}

/** The name the specification uses. */
export type IChallengeStore = ChallengeStore

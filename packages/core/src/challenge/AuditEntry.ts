import type { State } from '../lifecycle/transitions.ts'

/** One committed transition: the audit trail, and the outbox that notifications read. */
export type AuditEntry = {
  /** Position in the store-wide event stream; rises, per challenge without gap or reorder. */
  readonly sequence: number
  readonly challengeId: string
  /** The record's version after this transition. */
  readonly version: number
  /** `null`: the record was created. */
  readonly from: State | null
  readonly to: State
  /** The key of the attempt that made it. */
  readonly key: string
  readonly at: Date
  readonly actor: string
  readonly reason?: string
  /** Names of the fields written; values stay in the record. */
  readonly wrote: readonly string[]
}

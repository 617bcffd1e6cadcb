import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'

/**
 * Something worth telling an operator, for logs and metrics. Observers must not throw, and never
 * receive signatures, grants or keys. `challenge` is the record; redact its id when printing.
 */
export type EngineEvent =
  | { readonly name: 'challenge.created'; readonly challenge: ChallengeRecord }
  | { readonly name: 'challenge.paid'; readonly challenge: ChallengeRecord }
  | { readonly name: 'challenge.delivered'; readonly challenge: ChallengeRecord }
  | { readonly name: 'challenge.closed'; readonly challenge: ChallengeRecord }
  | {
      readonly name: 'delivery.failed'
      readonly challenge: ChallengeRecord
      readonly reason: string
    }
  | {
      readonly name: 'settlement.pending'
      readonly challenge: ChallengeRecord
      readonly reason: string
    }
  | { readonly name: 'refund.progressed'; readonly challenge: ChallengeRecord }
  | { readonly name: 'refund.failed'; readonly challenge: ChallengeRecord; readonly reason: string }
  /** Money or a promise is in danger: a person should look. */
  | {
      readonly name: 'alert'
      readonly what: string
      readonly challengeId?: string
      readonly cause?: unknown
    }

export type Observe = (event: EngineEvent) => void

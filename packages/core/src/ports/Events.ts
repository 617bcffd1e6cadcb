import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'

/**
 * Something worth telling an operator, for logs and metrics. Observers must not throw. `challenge`
 * is the whole record, grant and signatures included, for hooks of the seller's own code: print
 * named fields of it, never all of it, and redact its id.
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

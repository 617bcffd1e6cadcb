import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Observe } from '../ports/Events.ts'

/** What a person's work on records needs. */
export type OperatorContext = {
  readonly store: ChallengeStore
  readonly clock: Clock
  readonly newId: () => string
  readonly observe: Observe
}

import type { Clock } from '@key0/core'

/** Remembers whether somebody has been failing, so that he is not waited for again and again. */
export type Breaker = {
  /** Whether others go first for now. */
  readonly isOpen: () => boolean
  readonly report: (outcome: 'answered' | 'failed') => void
}

const FAILURES = 3
const PAUSE_MS = 30_000

/**
 * Opens after three failures in a row; after 30 seconds the next call tries again, and one more
 * failure opens it anew. In this process only: it saves time, and decides nothing.
 */
export function createBreaker({ nowMs }: Clock): Breaker {
  let failures = 0
  let openUntilMs = Number.NEGATIVE_INFINITY
  return {
    isOpen: () => nowMs() < openUntilMs,
    report: (outcome) => {
      failures = outcome === 'failed' ? failures + 1 : 0
      if (failures >= FAILURES) openUntilMs = nowMs() + PAUSE_MS
    },
  }
}

import type { Clock } from '@key0/core'

/** A clock that stands still until it is told to move. */
export type SteeredClock = Clock & {
  advance(ms: number): void
}

/** Starts at an instant with odd milliseconds, so that a store which rounds them is noticed. */
export function createSteeredClock(
  startMs: number = Date.UTC(2026, 0, 2, 3, 4, 5, 678),
): SteeredClock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += ms
    },
  }
}

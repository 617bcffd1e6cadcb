import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newLane } from './Lane.ts'
import type { Item } from './planRound.ts'
import { type Ended, type Retries, settleRound } from './settleRound.ts'

const HOUR_MS = 3_600_000
const nowMs = 1_800_000_000_000
const failed: Ended = { kind: 'failed', reason: 'the receiver answered 422', isRefusal: true }

const retriesOf = (changes: Partial<Retries> = {}): Retries => ({
  ...{ retryForMs: 72 * HOUR_MS, backoffMs: 5_000, mostWaiting: 1_000, random: () => 0.5 },
  ...changes,
})

/** What becomes of one event that was tried so often before. */
function settleOne(item: Partial<Item>, ended: Ended, retries = retriesOf()) {
  const first = { sequence: 1, challengeId: 'challenge-1', attempts: 0, firstAtMs: 0, nextAtMs: 0 }
  const one: Item = { ...first, ...item }
  const round = { groups: [[one]], waiting: [], cursor: 1 }
  const { lane, dead } = settleRound(newLane(0), round, new Map([[one, ended]]), retries, nowMs)
  return { parked: lane.parked, dead }
}

const attempts = fc.nat({ max: 200 })
const ages = fc.oneof(
  fc.integer({ min: 0, max: 100 * HOUR_MS }),
  fc.integer({ min: -2, max: 2 }).map((beside) => 72 * HOUR_MS + beside),
)
const chance = fc.double({ min: 0, max: 1, noNaN: true })

test('backoff: the wait doubles with every failure up to an hour, a fifth more or less', () => {
  fc.assert(
    fc.property(attempts, chance, (count, dice) => {
      const { parked } = settleOne({ attempts: count, firstAtMs: nowMs }, failed, {
        ...retriesOf({ random: () => dice }),
      })
      const wait = (parked[0]?.nextAtMs ?? 0) - nowMs
      const whole = count < 10 ? 5_000 * 2 ** count : HOUR_MS
      expect(wait).toBeGreaterThanOrEqual(0.8 * whole)
      expect(wait).toBeLessThanOrEqual(1.2 * whole)
    }),
  )
})

test('Retry-After: nothing is tried before what the receiver asked for', () => {
  fc.assert(
    fc.property(attempts, fc.integer({ min: 1, max: HOUR_MS }), (count, retryAfterMs) => {
      const ended = { ...failed, retryAfterMs }
      const { parked } = settleOne({ attempts: count, firstAtMs: nowMs }, ended)
      expect(parked[0]?.nextAtMs).toBeGreaterThanOrEqual(nowMs + retryAfterMs)
    }),
  )
})

test('three days: an event is kept exactly as long as its first failure is younger', () => {
  fc.assert(
    fc.property(attempts, ages, (count, ageMs) => {
      const item = { attempts: count, firstAtMs: nowMs - ageMs }
      const { parked, dead } = settleOne(item, failed)
      const isKept = ageMs < 72 * HOUR_MS
      expect([parked.length, dead.length]).toEqual(isKept ? [1, 0] : [0, 1])
      expect([...parked, ...dead]).toMatchObject([{ attempts: count + 1, reason: failed.reason }])
    }),
  )
  // However long it waited before somebody tried it.
  expect(settleOne({ firstAtMs: 0 }, failed).parked).toMatchObject([{ firstAtMs: nowMs }])
})

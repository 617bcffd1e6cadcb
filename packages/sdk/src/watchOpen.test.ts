import type { ChallengeRecord } from '@key0/core'
import { expect, test } from 'vitest'
import { watchOpen } from './watchOpen.ts'

test('whoever floods is told of once a minute', () => {
  let nowMs = 0
  const told: unknown[] = []
  const clock = { nowMs: () => nowMs }
  const limits = { maxOpenChallenges: { total: 1 } }
  const { openCap, observe } = watchOpen(limits, clock, (event) => told.push(event))
  const challenge = { challengeId: 'one', expiresAt: new Date(900_000) } as ChallengeRecord
  expect(openCap.hasRoom()).toBe(true)
  openCap.opened(challenge)
  const flood = (): void => {
    for (let count = 0; count < 100; count += 1) expect(openCap.hasRoom()).toBe(false)
  }
  flood()
  nowMs = 59_999
  flood()
  expect(told).toEqual([{ name: 'alert', what: expect.stringContaining('wait to be paid') }])
  nowMs = 60_000
  flood()
  expect(told).toHaveLength(2)
  observe({ name: 'challenge.paid', challenge })
  expect(told.at(-1)).toEqual({ name: 'challenge.paid', challenge })
  expect(openCap.hasRoom()).toBe(true)
})

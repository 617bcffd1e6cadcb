import { describe, expect, test } from 'vitest'
import { CREATED_AT_MS, intentAt, paid, recordWith } from '../../test/recordFixture.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { dueAtMs } from './dueAt.ts'
import { defaultRetention, forgetAtMs } from './retention.ts'
import type { State } from './transitions.ts'

type Row = readonly [string, Partial<ChallengeRecord>, number | undefined]

const WEEK_MS = 7 * 86_400_000
const HALF_DAY_MS = 12 * 3_600_000
const deliveredAt = new Date(CREATED_AT_MS + 5_000)
const delivered = { ...paid, state: 'DELIVERED', deliveredAt } as const
const visit = new Date(CREATED_AT_MS + 99_000)
const open = { intent: intentAt('OPEN') }
const as = (state: State): Partial<ChallengeRecord> => ({ ...paid, state })

test('the defaults are the specified ones: a week, and twelve hours once delivered', () => {
  expect(defaultRetention).toEqual({
    pendingTTLSeconds: 604_800,
    recordTTLSeconds: 604_800,
    deliveredTTLSeconds: 43_200,
  })
})

describe('forgetAtMs', () => {
  test.each<Row>([
    ['PENDING', {}, CREATED_AT_MS + WEEK_MS],
    ['PENDING with a dead intent', { intent: intentAt('VOID') }, CREATED_AT_MS + WEEK_MS],
    ['PENDING while paying', open, undefined],
    ['PENDING and held', { held: 'x' }, undefined],
    ['EXPIRED', as('EXPIRED'), CREATED_AT_MS + WEEK_MS],
    ['CANCELLED', as('CANCELLED'), CREATED_AT_MS + WEEK_MS],
    ['CANCELLED and held', { ...as('CANCELLED'), held: 'x' }, undefined],
    ['PAID', paid, undefined],
    ['DELIVERED', delivered, CREATED_AT_MS + 5_000 + HALF_DAY_MS],
    [
      'DELIVERED and final',
      { ...delivered, paymentFinal: true },
      CREATED_AT_MS + 5_000 + HALF_DAY_MS,
    ],
    ['DELIVERED, not final', { ...delivered, paymentFinal: false }, undefined],
    ['DELIVERED, no date', as('DELIVERED'), CREATED_AT_MS + 1_000 + HALF_DAY_MS],
    ['REFUND_PENDING', as('REFUND_PENDING'), undefined],
    ['REFUNDED', as('REFUNDED'), CREATED_AT_MS + WEEK_MS],
    [
      'REFUNDED after weeks',
      { ...as('REFUNDED'), refundedAt: new Date(CREATED_AT_MS + 3 * WEEK_MS) },
      CREATED_AT_MS + 3 * WEEK_MS + HALF_DAY_MS,
    ],
    ['REFUND_FAILED', as('REFUND_FAILED'), undefined],
  ])('%s', (_, fields, at) => {
    expect(forgetAtMs(recordWith(fields), defaultRetention)).toBe(at)
  })

  test.each(['EXPIRED', 'CANCELLED'] as const)('%s, a price that was only asked', (state) => {
    const short = { ...defaultRetention, pendingTTLSeconds: 3_600 }
    expect(forgetAtMs(recordWith({ state }), short)).toBe(CREATED_AT_MS + 3_600_000)
    const tried = recordWith({ state, intent: intentAt('VOID') })
    expect(forgetAtMs(tried, short)).toBe(CREATED_AT_MS + WEEK_MS)
    const long = { ...defaultRetention, pendingTTLSeconds: 10_000_000 }
    expect(forgetAtMs(recordWith({ state }), long)).toBe(CREATED_AT_MS + WEEK_MS)
  })

  test('no setting makes money expire', () => {
    const none = { pendingTTLSeconds: 0, recordTTLSeconds: 0, deliveredTTLSeconds: 0 }
    for (const state of ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'] as const)
      expect(forgetAtMs(recordWith(as(state)), none)).toBeUndefined()
  })
})

describe('dueAtMs', () => {
  test.each<Row>([
    ['PENDING at its deadline', {}, CREATED_AT_MS + 600_000],
    ['PENDING while paying, at once', open, CREATED_AT_MS + 1_000],
    ['PENDING when a visit was agreed', { nextVisitAt: visit }, visit.getTime()],
    ['paying when a visit was agreed', { ...open, nextVisitAt: visit }, visit.getTime()],
    ['PAID at once', paid, CREATED_AT_MS + 1_000],
    ['PAID when a visit was agreed', { ...paid, nextVisitAt: visit }, visit.getTime()],
    ['REFUND_PENDING at once', as('REFUND_PENDING'), CREATED_AT_MS + 1_000],
    ['DELIVERED, not final', { ...delivered, paymentFinal: false }, CREATED_AT_MS + 1_000],
    ['DELIVERED and final', { ...delivered, paymentFinal: true, nextVisitAt: visit }, undefined],
    ['DELIVERED', delivered, undefined],
    ['EXPIRED', as('EXPIRED'), undefined],
    ['CANCELLED', as('CANCELLED'), undefined],
    ['REFUNDED', as('REFUNDED'), undefined],
    ['REFUND_FAILED waits for a person', as('REFUND_FAILED'), CREATED_AT_MS + 1_000],
  ])('%s', (_, fields, at) => expect(dueAtMs(recordWith(fields))).toBe(at))
})

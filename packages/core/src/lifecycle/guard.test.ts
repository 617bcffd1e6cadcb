import { describe, expect, test } from 'vitest'
import { grant, intentAt, paid, recordWith, refund, response } from '../../test/recordFixture.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { guard } from './guard.ts'
import { isLive } from './isLive.ts'
import { isRefundable } from './isRefundable.ts'
import { assertLegalMove } from './legalMove.ts'
import type { State } from './transitions.ts'

type Row = readonly [
  what: string,
  record: Partial<ChallengeRecord>,
  to: State,
  fields: object,
  against: string | undefined,
]
const open = { intent: intentAt('OPEN') }
const granted = { ...paid, accessGrant: grant }
const answered = { ...paid, response }

describe('guard', () => {
  test.each<Row>([
    ['expire unpaid', {}, 'EXPIRED', {}, undefined],
    ['expire while paying', open, 'EXPIRED', {}, 'a settlement is under way'],
    ['cancel while paying', open, 'CANCELLED', {}, 'a settlement is under way'],
    ['cancel after a dead intent', { intent: intentAt('VOID') }, 'CANCELLED', {}, undefined],
    ['deliver nothing', paid, 'DELIVERED', {}, 'nothing to deliver'],
    ['deliver with a grant', paid, 'DELIVERED', { accessGrant: grant }, undefined],
    ['deliver a stored grant', granted, 'DELIVERED', {}, undefined],
    [
      'deliver and drop the grant',
      granted,
      'DELIVERED',
      { accessGrant: undefined },
      'the grant or response may have left already',
    ],
    [
      'drop a grant',
      granted,
      'PAID',
      { accessGrant: undefined },
      'the grant or response may have left already',
    ],
    ['drop no grant', paid, 'PAID', { accessGrant: undefined }, undefined],
    ['renew a grant', granted, 'PAID', { accessGrant: grant }, undefined],
    ['deliver after a refund', { ...granted, refund }, 'DELIVERED', {}, 'the money goes back'],
    [
      'grant after a refund',
      { ...paid, refund },
      'PAID',
      { accessGrant: grant },
      'the money goes back',
    ],
    ['lease after a refund', { ...paid, refund }, 'PAID', { lease: {} }, undefined],
    ['refund', paid, 'REFUND_PENDING', { refund }, undefined],
    ['refund again', { ...paid, refund }, 'REFUND_PENDING', {}, undefined],
    [
      'refund with a grant',
      granted,
      'REFUND_PENDING',
      { refund },
      'the buyer has what it paid for',
    ],
    ['deliver with a response', paid, 'DELIVERED', { response }, undefined],
    ['deliver a stored response', answered, 'DELIVERED', {}, undefined],
    [
      'deliver and drop the response',
      answered,
      'DELIVERED',
      { response: undefined },
      'the grant or response may have left already',
    ],
    [
      'drop a response and give a grant for it',
      answered,
      'PAID',
      { response: undefined, accessGrant: grant },
      'the grant or response may have left already',
    ],
    ['answer after a refund', { ...paid, refund }, 'PAID', { response }, 'the money goes back'],
    [
      'refund with a response',
      answered,
      'REFUND_PENDING',
      { refund },
      'the buyer has what it paid for',
    ],
    ['refund held money', { ...paid, held: 'x' }, 'REFUND_PENDING', {}, 'the money is held'],
    ['reorganise away', paid, 'PENDING', {}, undefined],
  ])('%s', (_, record, to, fields, against) => {
    expect(guard(recordWith(record), to, fields)).toBe(against)
  })
})

describe('isLive: whether a request id still names it', () => {
  const record = recordWith()
  const deadlineMs = record.expiresAt.getTime()
  test.each<readonly [string, Partial<ChallengeRecord>, number, boolean]>([
    ['one millisecond before its deadline', {}, deadlineMs - 1, true],
    ['at its deadline', {}, deadlineMs, false],
    ['past it while paying', open, deadlineMs + 1, true],
    ['past it with a dead intent', { intent: intentAt('VOID') }, deadlineMs + 1, false],
    ['EXPIRED', { state: 'EXPIRED' }, 0, false],
    ['CANCELLED', { state: 'CANCELLED' }, 0, false],
    ['PAID, however late', paid, deadlineMs * 2, true],
    ['REFUNDED, however late', { ...paid, state: 'REFUNDED' }, deadlineMs * 2, true],
  ])('%s', (_, fields, nowMs, live) => expect(isLive(recordWith(fields), nowMs)).toBe(live))
})

describe('isRefundable', () => {
  test.each<readonly [string, Partial<ChallengeRecord>, boolean]>([
    ['PAID', paid, true],
    ['PAID and leased', { ...paid, lease: { holder: 'w', untilMs: 9e15 } }, true],
    ['with a grant', granted, false],
    ['held', { ...paid, held: 'x' }, false],
    ['PENDING', {}, false],
    ['REFUND_PENDING', { ...paid, state: 'REFUND_PENDING' }, false],
  ])('%s', (_, fields, refundable) => expect(isRefundable(recordWith(fields))).toBe(refundable))

  test('a payment whose payer is unknown is not', () => {
    const { fromAddress: _, ...rest } = recordWith(paid)
    expect(isRefundable(rest)).toBe(false)
  })
})

describe('assertLegalMove', () => {
  test('names the move that does not exist', () => {
    expect(() => assertLegalMove('DELIVERED', 'PAID', {})).toThrow(
      expect.objectContaining({
        code: 'TRANSITION_ILLEGAL',
        facts: { from: 'DELIVERED', to: 'PAID' },
      }),
    )
  })

  test('names the field that the move does not write', () => {
    expect(() => assertLegalMove('PENDING', 'EXPIRED', { held: 'x', paidAt: 1 })).toThrow(
      expect.objectContaining({ facts: { from: 'PENDING', to: 'EXPIRED', field: 'paidAt' } }),
    )
  })

  test('a field of no value is a field', () => {
    expect(() => assertLegalMove('PENDING', 'EXPIRED', { paidAt: undefined })).toThrow()
    expect(() => assertLegalMove('PAID', 'PAID', { held: undefined })).not.toThrow()
  })
})

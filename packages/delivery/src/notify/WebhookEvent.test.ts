import { type AuditEntry, transitions } from '@key0/core'
import { expect, test } from 'vitest'
import { eventIdOf, typesOf, webhookEventTypes } from './WebhookEvent.ts'

const entryOf = (
  from: AuditEntry['from'],
  to: AuditEntry['to'],
  wrote: readonly string[] = [],
): AuditEntry => ({
  ...{ sequence: 1, challengeId: 'challenge-1', version: 1, key: 'key', at: new Date(0) },
  ...{ actor: 'payer', from, to, wrote },
})

test('every move of the lifecycle that changes a state has its event, and no type is without one', () => {
  const told = new Map<string, readonly string[]>([['creation', typesOf(entryOf(null, 'PENDING'))]])
  for (const { from, to, writes } of transitions) {
    told.set(`${from} -> ${to}`, typesOf(entryOf(from, to)))
    if (writes.includes('disposition'))
      told.set(`${from} -> ${to}, for nothing`, typesOf(entryOf(from, to, ['disposition'])))
    // Money may be held by any move; where the state stays, that is what there is to tell.
    if (from === to) told.set(`${from}, held`, typesOf(entryOf(from, to, ['held'])))
  }
  expect(Object.fromEntries(told)).toEqual({
    creation: ['challenge.created'],
    'PENDING -> PENDING': [],
    'PENDING, held': ['challenge.held', 'challenge.released'],
    'PENDING -> PAID': ['challenge.paid'],
    'PENDING -> PAID, for nothing': ['payment.stray'],
    'PENDING -> EXPIRED': ['challenge.expired'],
    'PENDING -> CANCELLED': ['challenge.cancelled'],
    'PAID -> PAID': [],
    'PAID, held': ['challenge.held', 'challenge.released'],
    'PAID -> DELIVERED': ['challenge.delivered'],
    'PAID -> PENDING': ['payment.reorganised'],
    'PAID -> REFUND_PENDING': ['refund.pending'],
    'REFUND_PENDING -> REFUND_PENDING': [],
    'REFUND_PENDING, held': ['challenge.held', 'challenge.released'],
    'REFUND_PENDING -> REFUNDED': ['refund.refunded'],
    'REFUND_PENDING -> REFUND_FAILED': ['refund.failed'],
    'REFUND_FAILED -> PAID': ['refund.retried'],
  })
  expect(new Set([...told.values()].flat())).toEqual(new Set(webhookEventTypes))
})

test('notes among workers are no events, and money that came by itself is told of once', () => {
  const note = entryOf(null, 'PENDING', [])
  expect(typesOf({ ...note, challengeId: 'note-91bc' })).toEqual([])
  expect(typesOf({ ...note, challengeId: 'stray:eip155:1:0xab' })).toEqual([])
  const arrived = entryOf('PENDING', 'PAID', ['disposition'])
  expect(typesOf({ ...arrived, challengeId: 'stray:eip155:1:0xab' })).toEqual(['payment.stray'])
})

test('an event has one name, and another entry of the trail another', () => {
  const entry = entryOf(null, 'PENDING')
  const others: readonly Partial<AuditEntry>[] = [
    ...[{ challengeId: 'challenge-2' }, { version: 2 }, { key: 'other' }, { at: new Date(1) }],
  ]
  const ids = [entry, ...others.map((each) => ({ ...entry, ...each }))].map(eventIdOf)
  expect(new Set(ids).size).toBe(5)
  // Where it stands in the stream may change when a store was put back.
  expect(eventIdOf({ ...entry, sequence: 9 })).toBe(ids[0])
})

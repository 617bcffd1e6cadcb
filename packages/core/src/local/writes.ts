import { Key0Error } from '../errors/Key0Error.ts'
import { guard, hasOpenIntent } from '../lifecycle/guard.ts'
import { assertLegalMove } from '../lifecycle/legalMove.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Records } from './records.ts'
import type { Tables } from './Tables.ts'

/** More than one, so that creating forgets faster than it adds. */
const SWEPT_PER_CREATE = 4

type Writes = Pick<ChallengeStore, 'create' | 'reserve' | 'settle' | 'transition' | 'postpone'>

/**
 * The writes of a local store. In each, the order of the checks is the order of refusals. A record
 * is written before its claim: only a record can hold something that a table refuses to copy.
 */
export function createWrites(tables: Tables, records: Records): Writes {
  const { read, write } = records
  return {
    create: async (base, attempt) =>
      tables.atomically(() => {
        records.sweep(SWEPT_PER_CREATE)
        const existing = read(base.challengeId) ?? records.findLive(base.scope, base.requestId)
        if (existing) return { kind: 'replayed', record: existing }
        return records.insert(base, attempt)
      }),

    reserve: async (id, intent, attempt) =>
      tables.atomically(() => {
        const { paymentRef } = intent
        const record = read(id)
        if (!record) return { kind: 'absent' }
        const claim = tables.getClaim(paymentRef)
        if (claim?.challengeId === id) return { kind: 'replayed', record }
        if (claim) return { kind: 'foreign', owner: claim.challengeId }
        if (record.state !== 'PENDING' || hasOpenIntent(record)) return { kind: 'lost', record }
        const outcome = write(record, { ...attempt, to: 'PENDING', fields: { intent } })
        tables.putClaim({ paymentRef, challengeId: id, disposition: 'RESERVED' })
        return outcome
      }),

    settle: async (id, paymentRef, fields, attempt) => {
      assertLegalMove('PENDING', 'PAID', fields)
      return tables.atomically(() => {
        const record = read(id)
        if (!record) return { kind: 'absent' }
        const claim = tables.getClaim(paymentRef)
        if (claim?.challengeId === id && claim.disposition === 'APPLIED')
          return { kind: 'replayed', record }
        const plain = tables.getClaim(fields.txHash.toLowerCase())
        const foreign = [claim, plain].find((other) => other && other.challengeId !== id)
        if (foreign) return { kind: 'foreign', owner: foreign.challengeId }
        const otherIntent = hasOpenIntent(record) && record.intent?.paymentRef !== paymentRef
        if (record.state !== 'PENDING' || otherIntent) return { kind: 'lost', record }
        const outcome = write(record, { ...attempt, to: 'PAID', fields: { ...fields, paymentRef } })
        tables.putClaim({ paymentRef, challengeId: id, disposition: 'APPLIED' })
        return outcome
      })
    },

    transition: async ({ id, from, to, fields = {}, version, ...attempt }) => {
      assertLegalMove(from, to, fields)
      if (from === 'PENDING' && to === 'PAID')
        throw new Key0Error('TRANSITION_ILLEGAL', { facts: { from, to, expected: 'settle' } })
      return tables.atomically(() => {
        const record = read(id)
        if (!record) return { kind: 'absent' }
        if (tables.hasAttempt(id, attempt.key)) return { kind: 'replayed', record }
        const moved = record.state !== from || (version ?? record.version) !== record.version
        if (moved || guard(record, to, fields) !== undefined) return { kind: 'lost', record }
        const outcome = write(record, { ...attempt, to, fields })
        const { paymentRef } = record
        if (from === 'PAID' && to === 'PENDING' && paymentRef)
          tables.putClaim({ paymentRef, challengeId: id, disposition: 'RESERVED' })
        return outcome
      })
    },

    postpone: async (id, version, nextVisitAt, facts) =>
      tables.atomically(() => {
        const record = read(id)
        if (!record) return { kind: 'absent' }
        if (record.version !== version) return { kind: 'lost', record }
        return records.touch(record, { nextVisitAt, ...facts })
      }),
  }
}

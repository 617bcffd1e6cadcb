import { assertLegalMove, type ChallengeRecord, type ChallengeStore, Key0Error } from '@key0/core'
import { toArguments } from '../scriptArguments.ts'
import { encodeBorn, encodeFields } from '../storedRecord.ts'
import type { SlotContext } from './SlotContext.ts'

type Writes = Pick<ChallengeStore, 'create' | 'reserve' | 'settle' | 'transition' | 'postpone'>

/** The writes: each is one script, whose contract is its header in `src/ops`. */
export function createSlotWrites({ keys, begin, write }: SlotContext): Writes {
  return {
    create: async (base, attempt) => {
      const { challengeId: id, scope, requestId } = base
      const born = (updatedAt: Date): ChallengeRecord => ({
        ...base,
        ...{ state: 'PENDING', version: 1, schemaVersion: 1, updatedAt },
      })
      const pairs = encodeBorn(born(base.createdAt))
      const names = [keys.challenge(id), keys.request(scope, requestId)]
      const args = [...begin(), ...toArguments(attempt), id, ...pairs]
      return write('create', names, args, born)
    },

    reserve: async (id, intent, attempt) => {
      const names = [keys.challenge(id), keys.paid, keys.claim(intent.paymentRef)]
      const { pairs } = encodeFields({ intent })
      return write('reserve', names, [...begin(), ...toArguments(attempt), id, ...pairs])
    },

    settle: async (id, paymentRef, fields, attempt) => {
      assertLegalMove('PENDING', 'PAID', fields)
      const plain = fields.txHash.toLowerCase()
      const seen = [...new Set([plain, fields.txHash])].map(keys.seenTx)
      const { pairs, wrote, removed } = encodeFields({ ...fields, paymentRef })
      const score = fields.paidAt === undefined ? '' : String(fields.paidAt.getTime())
      const names = [keys.challenge(id), keys.paid, keys.claim(paymentRef), keys.claim(plain)]
      const head = [...begin(), ...toArguments(attempt), id, paymentRef, score, wrote, removed]
      return write('settle', [...names, ...seen], [...head, ...pairs])
    },

    transition: async ({ id, from, to, fields = {}, version, ...attempt }) => {
      assertLegalMove(from, to, fields)
      if (from === 'PENDING' && to === 'PAID')
        throw new Key0Error('TRANSITION_ILLEGAL', { facts: { from, to, expected: 'settle' } })
      const [prefix, now, lifetimes] = begin()
      const [key, actor, reason] = toArguments(attempt)
      const { pairs, wrote, removed } = encodeFields(fields)
      const only = version === undefined ? '' : String(version)
      const head = [prefix, now, lifetimes, key, actor, reason, wrote, removed, only]
      // Half a character is replaced, as it is in every other argument.
      const header = JSON.stringify(head.map((text) => text.toWellFormed()))
      const names = [keys.challenge(id), keys.paid, keys.audit(id)]
      return write('transition', names, [from, to, id, '', '@', header, ...pairs])
    },

    postpone: async (id, version, nextVisitAt, facts) => {
      const { pairs } = encodeFields({ nextVisitAt, ...facts })
      const args = [...begin(), id, String(version), ...pairs]
      return write('postpone', [keys.challenge(id)], args)
    },
  }
}

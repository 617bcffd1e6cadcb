import { assertLegalMove, type ChallengeStore, type Outcome } from '@key0/core'
import { toArguments } from '../scriptArguments.ts'
import { encodeFields } from '../storedRecord.ts'
import { createChallenge } from './createChallenge.ts'
import { createClaims } from './createClaims.ts'
import type { ShardedContext } from './ShardedContext.ts'

type Writes = Pick<ChallengeStore, 'create' | 'reserve' | 'settle' | 'transition' | 'postpone'>

/**
 * The writes when a step cannot span slots. The payment is claimed first, then the record is
 * moved by compare-and-swap, then the claim is confirmed. A crash between leaves a claim of the
 * right owner, and the same call again goes on from there.
 */
export function createShardedWrites(context: ShardedContext): Writes {
  const { shardOf } = context
  const claims = createClaims(context)

  return {
    create: (base, attempt) => createChallenge(context, base, attempt),

    reserve: async (id, intent, attempt) => {
      const { paymentRef } = intent
      const shard = shardOf(id)
      const record = await shard.get(id)
      if (!record) return { kind: 'absent' }
      return claims.under(record, paymentRef, async (isConfirmed) => {
        if (isConfirmed) return { kind: 'replayed', record: (await shard.get(id)) ?? record }
        const { pairs } = encodeFields({ intent })
        const names = [shard.keys.challenge(id), shard.keys.paid]
        const args = [...shard.begin(), ...toArguments(attempt), id, paymentRef, ...pairs]
        const outcome = await shard.write('shardReserve', names, args)
        if (isDone(outcome)) {
          const isSpent = outcome.record.paymentRef === paymentRef
          await claims.confirm(id, paymentRef, isSpent ? 'APPLIED' : 'RESERVED')
        }
        return outcome
      })
    },

    settle: async (id, paymentRef, fields, attempt) => {
      assertLegalMove('PENDING', 'PAID', fields)
      const shard = shardOf(id)
      const record = await shard.get(id)
      if (!record) return { kind: 'absent' }
      const plain = await claims.findPlain(fields.txHash)
      const isForeign = plain !== undefined && plain !== id && record.paymentRef !== paymentRef
      if (isForeign) return { kind: 'foreign', owner: plain }
      return claims.under(record, paymentRef, async () => {
        const { pairs, wrote, removed } = encodeFields({ ...fields, paymentRef })
        const score = fields.paidAt === undefined ? '' : String(fields.paidAt.getTime())
        const head = [...toArguments(attempt), id, paymentRef, score, wrote, removed]
        const names = [shard.keys.challenge(id), shard.keys.paid]
        const outcome = await shard.write('shardSettle', names, [
          ...shard.begin(),
          ...head,
          ...pairs,
        ])
        if (isDone(outcome)) await claims.confirm(id, paymentRef, 'APPLIED')
        return outcome
      })
    },

    transition: async (move) => {
      const { id, from, to } = move
      const shard = shardOf(id)
      // A payment that is reorganised away leaves the record with the move.
      const isReorganised = from === 'PAID' && to === 'PENDING'
      const paymentRef = isReorganised ? (await shard.get(id))?.paymentRef : undefined
      const outcome = await shard.transition(move)
      if (!isDone(outcome)) return outcome
      if (paymentRef !== undefined && outcome.record.paymentRef !== paymentRef)
        await claims.confirm(id, paymentRef, 'RESERVED')
      await claims.keepName(outcome.record)
      return outcome
    },

    postpone: async (id, ...rest) => {
      const outcome = await shardOf(id).postpone(id, ...rest)
      if (isDone(outcome)) await claims.keepName(outcome.record)
      return outcome
    },
  }
}

function isDone(
  outcome: Outcome,
): outcome is Extract<Outcome, { readonly kind: 'applied' | 'replayed' }> {
  return outcome.kind === 'applied' || outcome.kind === 'replayed'
}

import { randomUUID } from 'node:crypto'
import type { ChallengeRecord, Outcome, PaymentClaim, PaymentRef } from '@key0/core'
import { asking } from '../ops/createRunner.ts'
import type { ShardedContext } from './ShardedContext.ts'

/** Payments and request ids beside the record they belong to, each in a slot of its own. */
export type Claims = {
  /** Changes a record under a claim on its payment; gives it back when nothing was changed. */
  readonly under: (
    record: ChallengeRecord,
    paymentRef: PaymentRef,
    change: (isConfirmed: boolean) => Promise<Outcome>,
  ) => Promise<Outcome>
  /** The record has the payment: the claim is permanent. */
  readonly confirm: (
    id: string,
    paymentRef: PaymentRef,
    disposition: PaymentClaim['disposition'],
  ) => Promise<void>
  /** Lets the request id name the record for as long as the record says. */
  readonly keepName: (record: ChallengeRecord) => Promise<void>
  /** The challenge that a transaction bought under its plain hash, as older deployments name it. */
  readonly findPlain: (txHash: string) => Promise<string | undefined>
}

export function createClaims(context: ShardedContext): Claims {
  const { redis, run, spread, common } = context

  const keep = async (record: ChallengeRecord, lifetime: string): Promise<void> => {
    const { scope, requestId, challengeId } = record
    await run('requestKeep', [spread.request(scope, requestId)], [challengeId, lifetime])
  }
  const keepName = (record: ChallengeRecord): Promise<void> =>
    keep(record, context.namedFor(record))

  return {
    keepName,

    async under(record, paymentRef, change) {
      const { challengeId: id } = record
      const claim = [spread.claim(paymentRef)]
      const token = randomUUID()
      const [kind, told] = (await run('claimTake', claim, [id, token])) as [string, string]
      if (kind === 'foreign') return { kind, owner: told }
      // Before money comes in the request id must not run out, wherever this ends.
      if (record.state === 'PENDING') await keep(record, '')
      const outcome = await change(told === '1')
      const refused = outcome.kind === 'lost' || outcome.kind === 'absent'
      if (refused && kind === 'new') await run('claimRelease', claim, [id, token])
      if ('record' in outcome) await keepName(outcome.record)
      return outcome
    },

    async confirm(id, paymentRef, disposition) {
      await run('claimConfirm', [spread.claim(paymentRef)], [id, disposition])
    },

    async findPlain(txHash) {
      const plain = txHash.toLowerCase()
      const seen = [...new Set([plain, txHash])].map((hash) => redis.get(common.seenTx(hash)))
      const claim = redis.hget(spread.claim(plain), 'challengeId')
      const found = await asking(Promise.all([claim, ...seen]))
      return found.find((owner) => owner !== null) ?? undefined
    },
  }
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Move } from '../ports/ChallengeStore.ts'
import type { OperatorContext } from './OperatorContext.ts'
import type { Order } from './Order.ts'

/** @throws CHALLENGE_UNKNOWN */
export async function readRecord(
  { store }: Pick<OperatorContext, 'store'>,
  id: string,
): Promise<ChallengeRecord> {
  const record = await store.get(id)
  if (!record) throw new Key0Error('CHALLENGE_UNKNOWN')
  return record
}

/**
 * Writes one step that a person ordered, only if the record is still as that person saw it.
 *
 * @throws RECORD_CHANGED, CHALLENGE_UNKNOWN; nothing is written then.
 */
export async function carryOut(
  ctx: Pick<OperatorContext, 'store' | 'newId'>,
  record: ChallengeRecord,
  { actor, reason }: Order,
  step: Pick<Move, 'to' | 'fields'>,
): Promise<ChallengeRecord> {
  const { challengeId: id, state: from, version } = record
  const key = ctx.newId()
  const outcome = await ctx.store.transition({ id, from, version, key, actor, reason, ...step })
  switch (outcome.kind) {
    case 'applied':
    case 'replayed':
      return outcome.record
    case 'lost':
      throw new Key0Error('RECORD_CHANGED', { facts: { state: outcome.record.state } })
    case 'absent':
    case 'foreign':
      throw new Key0Error('CHALLENGE_UNKNOWN')
  }
}

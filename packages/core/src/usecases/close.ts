import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { STRAY_SCOPE } from '../challenge/kindOf.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import { NOTE_SCOPE } from '../operator/notes.ts'
import type { EngineContext } from './EngineContext.ts'

/** Reads a challenge. @throws CHALLENGE_UNKNOWN */
export async function load(ctx: EngineContext, id: string): Promise<ChallengeRecord> {
  const record = await ctx.store.get(id)
  // Money that bought nothing has a record too, but nothing to buy or to deliver.
  if (!record || record.scope === STRAY_SCOPE) throw new Key0Error('CHALLENGE_UNKNOWN')
  return record
}

/** Reads a challenge, and expires it first when its deadline has passed. */
export async function inspect(ctx: EngineContext, id: string): Promise<ChallengeRecord> {
  return expire(ctx, await load(ctx, id))
}

/** Expires a challenge whose deadline has passed, unless a settlement is under way. */
export async function expire(
  ctx: EngineContext,
  record: ChallengeRecord,
): Promise<ChallengeRecord> {
  const passed = record.expiresAt.getTime() <= ctx.clock.nowMs()
  if (record.state !== 'PENDING' || !passed || hasOpenIntent(record)) return record
  if (isUnproven(record)) return record
  return closeAs(ctx, record, 'EXPIRED')
}

/** Whether its payment is in the wallet, and only the proof of who made it is missing. */
export function isUnproven({ state, intent }: ChallengeRecord): boolean {
  return state === 'PENDING' && intent?.voidReason === 'PAYER_PROOF_REQUIRED'
}

/** Cancels an unpaid challenge; see `Engine.cancel`. Cancelling it again changes nothing. */
export async function cancel(ctx: EngineContext, id: string): Promise<ChallengeRecord> {
  const record = await inspect(ctx, id)
  if (record.state === 'CANCELLED') return record
  if (hasOpenIntent(record)) throw new Key0Error('SETTLEMENT_PENDING')
  if (isUnproven(record)) throw new Key0Error('CHALLENGE_NOT_CANCELLABLE')
  const closed = record.state === 'PENDING' ? await closeAs(ctx, record, 'CANCELLED') : record
  if (closed.state === 'CANCELLED') return closed
  if (hasOpenIntent(closed)) throw new Key0Error('SETTLEMENT_PENDING')
  throw new Key0Error('CHALLENGE_NOT_CANCELLABLE', { facts: { state: closed.state } })
}

async function closeAs(
  ctx: EngineContext,
  record: ChallengeRecord,
  to: 'EXPIRED' | 'CANCELLED',
): Promise<ChallengeRecord> {
  const id = record.challengeId
  const outcome = await ctx.store.transition({ id, from: 'PENDING', to, key: ctx.newId() })
  switch (outcome.kind) {
    case 'applied':
      // What workers note for each other is no challenge of any buyer's.
      if (record.scope !== NOTE_SCOPE)
        ctx.observe({ name: 'challenge.closed', challenge: outcome.record })
      return outcome.record
    case 'replayed':
    case 'lost':
      return outcome.record
    case 'absent':
    case 'foreign':
      throw new Key0Error('CHALLENGE_UNKNOWN')
  }
}

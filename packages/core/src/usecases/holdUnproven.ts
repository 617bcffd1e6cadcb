import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { invariant } from '../errors/invariant.ts'
import type { EngineContext } from './EngineContext.ts'
import { sight, voidIntent } from './evidence.ts'

/**
 * A payment was used on chain before its settlement began, so that its payer had to prove himself,
 * and its challenge ended without that proof. The money is in the wallet: the challenge keeps it,
 * held, because whoever presented it may not be who paid.
 */
export async function holdUnproven(ctx: EngineContext, record: ChallengeRecord): Promise<void> {
  const { challengeId, intent } = record
  invariant(intent, 'an unproven payment has its intent')
  if (record.expiresAt.getTime() > ctx.clock.nowMs()) return
  const sighting = await sight(ctx, record, { finality: ctx.settings.finality.refund })
  // Reorganised away for good: nothing is in the wallet, and the next visit lets it expire.
  if (sighting.kind === 'dead') return voidIntent(ctx, record, intent, 'AUTHORIZATION_EXPIRED')
  if (sighting.kind !== 'confirmed') return
  const { evidence } = sighting
  const fields = {
    txHash: evidence.txHash,
    paidAt: new Date(Number(evidence.block.time) * 1000),
    fromAddress: evidence.from,
    paidBlock: { number: evidence.block.number, hash: evidence.block.hash },
    paymentFinal: true,
    disposition: 'LATE',
    held: 'its payer never proved himself',
  } as const
  const attempt = { key: ctx.newId(), actor: 'recovery' }
  const settled = await ctx.store.settle(challengeId, evidence.paymentRef, fields, attempt)
  if (settled.kind !== 'applied') return
  const what = 'a payment whose payer never proved himself is held'
  ctx.observe({ name: 'alert', what, challengeId })
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { RefundProgress } from '../challenge/RefundProgress.ts'
import { invariant } from '../errors/invariant.ts'
import type { PaymentEvidence } from '../ports/Chain.ts'
import type { Continued } from './continueRefund.ts'
import type { RefundContext } from './RefundContext.ts'

/** Thrown when another worker moved the refund meanwhile: nothing of ours may be sent any more. */
export class RefundMoved extends Error {
  override readonly name = 'RefundMoved'
}

/** Persists a step of a refund before the step's effect leaves the process. */
export async function progress(
  ctx: RefundContext,
  record: ChallengeRecord,
  step: Partial<RefundProgress>,
): Promise<ChallengeRecord> {
  invariant(record.refund, 'a refund in progress has its intent')
  const { blockedReason: _, ...refund } = record.refund
  const outcome = await ctx.store.transition({
    id: record.challengeId,
    from: 'REFUND_PENDING',
    to: 'REFUND_PENDING',
    fields: { refund: { ...refund, ...step } },
    version: record.version,
    key: ctx.newId(),
  })
  if (outcome.kind !== 'applied' && outcome.kind !== 'replayed')
    throw new RefundMoved('another worker is on this refund')
  ctx.observe({ name: 'refund.progressed', challenge: outcome.record })
  return outcome.record
}

/** The chain's log shows the refund, as deep as asked: REFUND_PENDING -> REFUNDED. */
export async function finishRefund(
  ctx: RefundContext,
  record: ChallengeRecord,
  evidence: PaymentEvidence,
): Promise<Continued> {
  invariant(record.refund, 'a refund in progress has its intent')
  const { blockedReason: _, ...refund } = record.refund
  const outcome = await ctx.store.transition({
    id: record.challengeId,
    from: 'REFUND_PENDING',
    to: 'REFUNDED',
    fields: {
      refund: { ...refund, stage: 'FINAL' },
      refundTxHash: evidence.txHash,
      refundedAt: new Date(ctx.clock.nowMs()),
      // The chain's own log is the evidence that releases it.
      held: undefined,
    },
    key: ctx.newId(),
  })
  switch (outcome.kind) {
    case 'applied':
    case 'replayed':
      ctx.observe({ name: 'refund.progressed', challenge: outcome.record })
      return { kind: 'refunded', record: outcome.record }
    case 'lost':
      if (outcome.record.state === 'REFUNDED') return { kind: 'refunded', record: outcome.record }
      throw new RefundMoved('another worker is on this refund')
    case 'absent':
    case 'foreign':
      throw new RefundMoved('the challenge is gone')
  }
}

/** Stops every automatic path for this money until a person has looked. */
export async function holdRefund(
  ctx: RefundContext,
  record: ChallengeRecord,
  reason: string,
): Promise<Continued> {
  const challengeId = record.challengeId
  if (record.held === undefined) {
    ctx.observe({ name: 'alert', what: `a refund is held: ${reason}`, challengeId })
    await ctx.store.transition({
      id: challengeId,
      from: 'REFUND_PENDING',
      to: 'REFUND_PENDING',
      fields: {
        held: reason,
        ...(record.refund && { refund: { ...record.refund, stage: 'HELD' } }),
      },
      version: record.version,
      key: ctx.newId(),
      reason,
    })
  }
  return { kind: 'pending', record, reason: `held: ${reason}` }
}

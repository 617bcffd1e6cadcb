import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Submission } from '../challenge/Submission.ts'
import { invariant } from '../errors/invariant.ts'
import { deliveryOf } from '../lifecycle/deliveryOf.ts'
import type { EngineContext } from './EngineContext.ts'
import { sight } from './evidence.ts'
import { offerOf } from './offerOf.ts'

const TRANSFER_GONE = 'its transfer was reorganised away'

/**
 * Follows a payment until it is final. When a reorganisation drops it, the stored authorization is
 * submitted again at once, after delivery too; a loss is raised only when it is finally dead.
 * Returns when to look again, or `undefined` when nothing is left to watch.
 */
export async function watch(
  ctx: EngineContext,
  record: ChallengeRecord,
): Promise<{ readonly final: boolean }> {
  if (record.paymentFinal !== false) return { final: true }
  if (record.intent?.stage !== 'PAID') return watchTransfer(ctx, record)
  const sighting = await sight(ctx, record, { finality: ctx.settings.finality.refund })
  switch (sighting.kind) {
    case 'confirmed':
      return { final: true }
    case 'unused':
    case 'absent':
      await resubmit(ctx, record)
      return { final: false }
    case 'dead':
    case 'mismatch':
      await raiseLoss(ctx, record)
      return { final: false }
    case 'seen':
    case 'unreachable':
      return { final: false }
  }
}

/**
 * A transfer the client made itself cannot be submitted again by us. It may be mined again at any
 * time, so it is held, and only when undelivered, once its challenge's own deadline has passed;
 * being mined again releases it.
 */
async function watchTransfer(
  ctx: EngineContext,
  record: ChallengeRecord,
): Promise<{ readonly final: boolean }> {
  const { challengeId: id, txHash, token, destination: to, amountRaw: value, version } = record
  invariant(txHash, 'a paid record knows its transaction')
  const from = record.fromAddress
  const { refund: finality } = ctx.settings.finality
  const query = { txHash, token, to, value, finality, ...(from && { from }) }
  const sighting = await ctx.chain.inspect(query)
  const move = { id, from: 'PAID', to: 'PAID', version, key: ctx.newId() } as const
  if (sighting.kind === 'confirmed') {
    if (record.state === 'PAID' && record.held === TRANSFER_GONE)
      await ctx.store.transition({ ...move, fields: { held: undefined } })
    return { final: true }
  }
  if (sighting.kind !== 'absent' && sighting.kind !== 'mismatch') return { final: false }
  ctx.observe({ name: 'alert', what: 'a transfer was reorganised away', challengeId: id })
  const passed = record.expiresAt.getTime() <= ctx.clock.nowMs()
  if (record.state !== 'PAID' || deliveryOf(record) || record.held || !passed)
    return { final: false }
  await ctx.store.transition({ ...move, fields: { held: TRANSFER_GONE } })
  return { final: false }
}

async function resubmit(ctx: EngineContext, record: ChallengeRecord): Promise<void> {
  const { intent, token, challengeId } = record
  if (!intent) return
  ctx.observe({
    name: 'alert',
    what: 'a payment was reorganised away: submitting again',
    challengeId,
  })
  const offer = offerOf(record, ctx.settings.maxTimeoutSeconds)
  const { authorization, submissions: previous } = intent
  const submitted = await ctx.settler.submit(
    { token, offer, authorization, previous },
    async (submission) => keepCarrier(ctx, record, submission),
  )
  if (submitted.kind !== 'submitted')
    ctx.observe({ name: 'settlement.pending', challenge: record, reason: submitted.reason })
}

/** A delivered record takes no more fields; its authorization, which matters, is there already. */
async function keepCarrier(
  ctx: EngineContext,
  record: ChallengeRecord,
  submission: Submission,
): Promise<void> {
  const { intent, challengeId: id, version } = record
  if (record.state !== 'PAID' || !intent) return
  const fields = { intent: { ...intent, submissions: [...intent.submissions, submission] } }
  const key = ctx.newId()
  const outcome = await ctx.store.transition({ id, from: 'PAID', to: 'PAID', fields, version, key })
  if (outcome.kind !== 'applied') throw new Error('the challenge moved on meanwhile')
}

/** The payment is gone for good: an undelivered challenge is unpaid again, a delivered one a loss. */
async function raiseLoss(ctx: EngineContext, record: ChallengeRecord): Promise<void> {
  const { intent, challengeId: id, version } = record
  ctx.observe({ name: 'alert', what: 'a payment was reorganised away for good', challengeId: id })
  if (record.state !== 'PAID' || deliveryOf(record) || record.refund || !intent) return
  await ctx.store.transition({
    id,
    from: 'PAID',
    to: 'PENDING',
    fields: {
      intent: { ...intent, stage: 'VOID', voidReason: 'AUTHORIZATION_EXPIRED' },
      paymentRef: undefined,
      txHash: undefined,
      paidAt: undefined,
      fromAddress: undefined,
      paidBlock: undefined,
      lease: undefined,
    },
    version,
    key: ctx.newId(),
    reason: 'reorganised away',
  })
}

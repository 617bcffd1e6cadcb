import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { sameAddress } from '../challenge/hex.ts'
import type { RefundProgress } from '../challenge/RefundProgress.ts'
import { invariant } from '../errors/invariant.ts'
import { isRefundable } from '../lifecycle/isRefundable.ts'
import type { PaymentEvidence, Sighting } from '../ports/Chain.ts'
import type { RefundContext } from './RefundContext.ts'

/** Whether a record's refund was claimed by this call, or why not. */
export type Claimed =
  | { readonly kind: 'claimed'; readonly record: ChallengeRecord }
  /** Not now: no key for this payee, the payment is not final, or another worker was faster. */
  | { readonly kind: 'skipped'; readonly reason: string }

/**
 * Claims one refund: PAID -> REFUND_PENDING with its intent. Payer, payee and value come from the
 * chain's own log, never from the record alone: a tampered database cannot redirect money.
 */
export async function claimRefund(ctx: RefundContext, record: ChallengeRecord): Promise<Claimed> {
  if (!isRefundable(record)) return { kind: 'skipped', reason: `the challenge is ${record.state}` }
  if (!ctx.payout.canSignFor(record.destination))
    return { kind: 'skipped', reason: `no key for the payee ${record.destination}` }
  const sighting = await sightPayment(ctx, record)
  if (sighting.kind !== 'confirmed')
    return { kind: 'skipped', reason: `the payment is ${sighting.kind}` }
  const { evidence } = sighting
  const differs = findDifference(record, evidence)
  if (differs) return hold(ctx, record, differs)

  const head = await ctx.chain.head()
  const outcome = await ctx.store.transition({
    id: record.challengeId,
    from: 'PAID',
    to: 'REFUND_PENDING',
    // A retried refund keeps its intent and so its nonce: that is what makes a retry harmless.
    fields: { refund: record.refund ?? toRefund(ctx, record, evidence, head.number) },
    version: record.version,
    key: ctx.newId(),
  })
  switch (outcome.kind) {
    case 'applied':
    case 'replayed':
      ctx.observe({ name: 'refund.progressed', challenge: outcome.record })
      return { kind: 'claimed', record: outcome.record }
    case 'lost':
      return { kind: 'skipped', reason: 'another worker or a delivery was faster' }
    case 'absent':
    case 'foreign':
      return { kind: 'skipped', reason: 'the challenge is gone' }
  }
}

async function sightPayment(ctx: RefundContext, record: ChallengeRecord): Promise<Sighting> {
  const { intent, txHash, token, destination: to, amountRaw: value, fromAddress } = record
  invariant(txHash && fromAddress, 'a refundable record knows its payment')
  const { finality } = ctx.settings
  if (intent?.stage === 'PAID') {
    const { from, nonce, validBefore } = intent.authorization
    const { sinceBlock } = intent
    const hints = [txHash]
    return ctx.chain.observe({
      token,
      from,
      nonce,
      to,
      value,
      validBefore,
      sinceBlock,
      hints,
      finality,
    })
  }
  return ctx.chain.inspect({ txHash, token, to, value, from: fromAddress, finality })
}

function findDifference(record: ChallengeRecord, evidence: PaymentEvidence): string | undefined {
  if (evidence.paymentRef !== record.paymentRef) return 'the record names another payment'
  if (!sameAddress(evidence.to, record.destination)) return 'the payment went to another payee'
  if (!record.fromAddress || !sameAddress(evidence.from, record.fromAddress))
    return 'the record names another payer'
  return evidence.value === record.amountRaw ? undefined : 'the record names another amount'
}

/** The record and the chain disagree: no automatic path may move this money. */
async function hold(ctx: RefundContext, record: ChallengeRecord, reason: string): Promise<Claimed> {
  const { challengeId: id, version } = record
  const key = ctx.newId()
  const fields = { held: reason }
  await ctx.store.transition({ id, from: 'PAID', to: 'PAID', fields, version, key, reason })
  ctx.observe({ name: 'alert', what: `a refund is held: ${reason}`, challengeId: id })
  return { kind: 'skipped', reason: `held: ${reason}` }
}

function toRefund(
  ctx: RefundContext,
  record: ChallengeRecord,
  { paymentRef, from: payer, value }: PaymentEvidence,
  sinceBlock: bigint,
): RefundProgress {
  const { chainId, token, destination } = record
  const sequence = 0
  return {
    paymentRef,
    sequence,
    stage: 'INTENT',
    chainId,
    token,
    from: destination,
    to: payer,
    value,
    nonce: ctx.payout.refundNonce({ chainId, token, paymentRef, sequence }),
    sinceBlock,
    carriers: [],
    attempts: 0,
    claimedAtMs: ctx.clock.nowMs(),
  }
}

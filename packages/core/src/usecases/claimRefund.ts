import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { RefundProgress } from '../challenge/RefundProgress.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { isRefundable } from '../lifecycle/isRefundable.ts'
import { findHandPaid } from '../operator/findHandPaid.ts'
import { isLeasedByOperator } from '../operator/operatorLease.ts'
import type { PaymentEvidence } from '../ports/Chain.ts'
import { STORE_LOST_WRITES } from './closed.ts'
import { type Examined, examinePayment } from './examinePayment.ts'
import { type Fence, isBehind, isOlder } from './findFence.ts'
import type { RefundContext } from './RefundContext.ts'

/** Whether a record's refund was claimed by this call, or why not. */
export type Claimed =
  | { readonly kind: 'claimed'; readonly record: ChallengeRecord }
  /** Not now: no key for this payee, another chain, the payment is not final, or another worker was faster. */
  | { readonly kind: 'skipped'; readonly reason: string }

/**
 * Claims one refund: PAID -> REFUND_PENDING with its intent. Payer, payee and value come from the
 * chain's own log, never from the record alone: a tampered database cannot redirect money.
 */
export async function claimRefund(
  ctx: RefundContext,
  record: ChallengeRecord,
  fence: Fence,
): Promise<Claimed> {
  if (!isRefundable(record)) return { kind: 'skipped', reason: `the challenge is ${record.state}` }
  if (!ctx.payout.canSignFor(record.destination))
    return { kind: 'skipped', reason: `no key for the payee ${record.destination}` }
  if (record.chainId !== ctx.chain.chainId)
    return { kind: 'skipped', reason: `the payment is on chain ${record.chainId}` }
  if (fence.waitBefore && isOlder(record, fence.waitBefore))
    return { kind: 'skipped', reason: 'the store was silent: the chain is asked what it forgot' }
  if (isBehind(fence, record)) return hold(ctx, record, STORE_LOST_WRITES)
  if (isLeasedByOperator(record)) return hold(ctx, record, 'a refund by hand was not finished')
  const examined = await examinePayment(ctx, record)
  if (examined.kind === 'wait') return { kind: 'skipped', reason: examined.reason }
  if (examined.kind === 'hold') return hold(ctx, record, examined.reason)

  const barrier = await findBarrier(ctx, record, examined.evidence)
  if (barrier?.kind === 'wait') return { kind: 'skipped', reason: barrier.reason }
  if (barrier) return hold(ctx, record, barrier.reason)

  return await claim(ctx, record, toRefund(ctx, record, examined.evidence))
}

/** How often a buyer may ask for its goods while its refund is being claimed. */
const MOST_CLAIMS = 5

/**
 * The chain takes its time to be asked, and a buyer who asks for its goods meanwhile writes a lease
 * and its end. What failed is claimed all the same: nobody who asks often is kept from his money.
 */
async function claim(
  ctx: RefundContext,
  examined: ChallengeRecord,
  refund: RefundProgress,
): Promise<Claimed> {
  let record = examined
  for (let attempt = 0; attempt < MOST_CLAIMS; attempt += 1) {
    const outcome = await ctx.store.transition({
      id: record.challengeId,
      from: 'PAID',
      to: 'REFUND_PENDING',
      fields: { refund },
      version: record.version,
      key: ctx.newId(),
    })
    switch (outcome.kind) {
      case 'applied':
      case 'replayed':
        ctx.observe({ name: 'refund.progressed', challenge: outcome.record })
        return { kind: 'claimed', record: outcome.record }
      case 'lost':
        if (outcome.record.version === record.version) return lostToOther
        if (!hasOnlyFailedMeanwhile(examined, outcome.record)) return lostToOther
        record = outcome.record
        break
      case 'absent':
      case 'foreign':
        return { kind: 'skipped', reason: 'the challenge is gone' }
    }
  }
  return lostToOther
}

const lostToOther: Claimed = {
  kind: 'skipped',
  reason: 'another worker or a delivery was faster',
}

/** Whether all that was decided about a record holds of what it is now. */
function hasOnlyFailedMeanwhile(before: ChallengeRecord, now: ChallengeRecord): boolean {
  return (
    isRefundable(now) &&
    now.lease === undefined &&
    now.paymentRef === before.paymentRef &&
    now.txHash === before.txHash &&
    now.refund === undefined &&
    before.refund === undefined &&
    now.releasedAt?.getTime() === before.releasedAt?.getTime()
  )
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

/** What keeps a refund that the chain agrees with from going out by itself. */
async function findBarrier(
  ctx: RefundContext,
  record: ChallengeRecord,
  payment: PaymentEvidence,
): Promise<Exclude<Examined, { readonly kind: 'payable' }> | undefined> {
  const byHand = await findHandPaid(ctx, record, payment).catch(toSilence)
  if (byHand === 'silence') return { kind: 'wait', reason: 'the chain could not be asked' }
  if (byHand) return { kind: 'hold', reason: `it may have been paid by hand: ${byHand.txHash}` }
  const { paymentRef: key, value } = payment
  const taken = await ctx.budget?.take({ key, value: record.refund?.value ?? value })
  return taken?.kind === 'refused' ? { kind: 'hold', reason: taken.reason } : undefined
}

function toSilence(error: unknown): 'silence' {
  if (Key0Error.is(error, 'CHAIN_UNREACHABLE')) return 'silence'
  throw error
}

/** The refund of a payment: all of it, under the nonce that its name alone decides. */
export function toRefund(
  ctx: Pick<RefundContext, 'clock' | 'payout'>,
  record: ChallengeRecord,
  { paymentRef, from: payer, value, block }: PaymentEvidence,
): RefundProgress {
  const claimedAtMs = ctx.clock.nowMs()
  // A retried refund keeps its intent and so its nonce: that is what makes a retry harmless.
  if (record.refund) return { ...record.refund, claimedAtMs }
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
    // Not the height of now: a restored backup may have forgotten a refund that was made already.
    sinceBlock: block.number,
    carriers: [],
    attempts: 0,
    claimedAtMs,
  }
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { sameAddress } from '../challenge/hex.ts'
import type { RefundProgress } from '../challenge/RefundProgress.ts'
import { invariant } from '../errors/invariant.ts'
import type { PaymentEvidence, Sighting } from '../ports/Chain.ts'
import type { RefundContext } from './RefundContext.ts'

// However early a worker gives up: a node that lags, or a fork, must not leave it to a person.
const LOOKED_FOR_MS = 3_600_000

/** Whether the chain agrees with a record that its payment may go back. */
export type Examined =
  | { readonly kind: 'payable'; readonly evidence: PaymentEvidence }
  | { readonly kind: 'wait'; readonly reason: string }
  /** Record and chain disagree, or the chain never showed it: a person must look. */
  | { readonly kind: 'hold'; readonly reason: string }

/**
 * Reads a record's payment from the chain's own log, as deep as a refund needs it. Payer, payee
 * and value of a refund come from here: a tampered database cannot redirect money.
 */
export async function examinePayment(
  ctx: RefundContext,
  record: ChallengeRecord,
): Promise<Examined> {
  const sighting = await sightPayment(ctx, record)
  switch (sighting.kind) {
    case 'confirmed': {
      const { evidence } = sighting
      const differs = findDifference(record, evidence) ?? (await findOwner(ctx, record))
      return differs ? { kind: 'hold', reason: differs } : { kind: 'payable', evidence }
    }
    case 'mismatch':
      return { kind: 'hold', reason: 'the chain shows another transfer than the record' }
    case 'dead':
      // Recovery follows a payment that is not final yet and takes it back itself, unless a refund
      // was claimed for it once.
      return record.paymentFinal === false && !record.refund
        ? { kind: 'wait', reason: 'the payment is dead' }
        : { kind: 'hold', reason: 'the chain says that it was never paid' }
    case 'unused':
    case 'absent':
      return isOverdue(ctx, record)
        ? { kind: 'hold', reason: 'the chain does not show its payment' }
        : { kind: 'wait', reason: `the payment is ${sighting.kind}` }
    case 'seen':
    case 'unreachable':
      return { kind: 'wait', reason: `the payment is ${sighting.kind}` }
  }
}

/** What of a refund's stored intent is not what its payment says, if anything. */
export function findForgery(
  ctx: RefundContext,
  record: ChallengeRecord,
  refund: RefundProgress,
  { paymentRef, from: payer, value }: PaymentEvidence,
): string | undefined {
  const { chainId, token, destination } = record
  const { sequence } = refund
  const nonce = ctx.payout.refundNonce({ chainId, token, paymentRef, sequence })
  const same =
    refund.paymentRef === paymentRef &&
    refund.chainId === chainId &&
    sameAddress(refund.token, token) &&
    sameAddress(refund.from, destination) &&
    sameAddress(refund.to, payer) &&
    isApproved(refund, value) &&
    refund.nonce.toLowerCase() === nonce.toLowerCase()
  return same ? undefined : 'its refund is not the one its payment asks for'
}

/** All that was paid goes back, or exactly the smaller part that a person approved. */
function isApproved({ value, approved }: RefundProgress, paid: bigint): boolean {
  if (approved === undefined) return value === paid
  return value === approved.value && value > 0n && value < paid && approved.by !== ''
}

function sightPayment(ctx: RefundContext, record: ChallengeRecord): Promise<Sighting> {
  const { intent, txHash, token, destination: to, amountRaw: value, fromAddress } = record
  invariant(txHash && fromAddress, 'a refundable record knows its payment')
  const { finality } = ctx.settings
  if (intent?.stage === 'PAID') {
    const { from, nonce, validBefore } = intent.authorization
    const { sinceBlock } = intent
    const query = { token, from, nonce, to, value, validBefore, sinceBlock, finality }
    return ctx.chain.observe({ ...query, hints: [txHash] })
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

/** A payment that bought another challenge is not this one's to return. */
async function findOwner(
  ctx: RefundContext,
  { challengeId, paymentRef }: ChallengeRecord,
): Promise<string | undefined> {
  const claim = paymentRef && (await ctx.store.getClaim(paymentRef))
  const ours = claim && claim.challengeId === challengeId && claim.disposition === 'APPLIED'
  return ours ? undefined : 'the payment bought another challenge'
}

function isOverdue(ctx: RefundContext, { paidAt, updatedAt }: ChallengeRecord): boolean {
  const patienceMs = Math.max(ctx.settings.giveUpAfterMs, LOOKED_FOR_MS)
  return ctx.clock.nowMs() - (paidAt ?? updatedAt).getTime() >= patienceMs
}

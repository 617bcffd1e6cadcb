import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Address, Hash } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { deliveryOf } from '../lifecycle/deliveryOf.ts'
import type { PaymentEvidence } from '../ports/Chain.ts'
import { toRefund } from '../usecases/claimRefund.ts'
import { examinePayment } from '../usecases/examinePayment.ts'
import type { RefundContext } from '../usecases/RefundContext.ts'
import { findHandPaid } from './findHandPaid.ts'
import { isLeasedByOperator } from './operatorLease.ts'
import { areRefundsStopped } from './refundSwitch.ts'

/** What a manual refund would send, and what stands against it. */
export type RefundPlan = {
  readonly challengeId: string
  readonly chainId: number
  readonly token: Address
  readonly from: Address
  readonly to: Address
  /** What goes back, in the token's smallest unit. */
  readonly value: bigint
  /** What was paid. */
  readonly paid: bigint
  /** What the seller keeps. */
  readonly kept: bigint
  /** The token executes it once, whoever sends it. */
  readonly nonce: Hash
  /** Why it is held now; carrying the plan out releases it. */
  readonly releases?: string
  /** What must pass before it can be sent. None: it would be sent at once. */
  readonly obstacles: readonly string[]
  /** What a person should know before saying yes. */
  readonly warnings: readonly string[]
}

/** A plan with what carrying it out needs. */
export type Planned = { readonly plan: RefundPlan; readonly payment: PaymentEvidence | undefined }

/**
 * Reads a record, its payment and the wallet, and changes nothing.
 *
 * @throws REFUND_NOT_POSSIBLE, CHALLENGE_REFUNDING, CHALLENGE_REFUNDED for its state;
 * DELIVERY_PENDING while somebody delivers it; REFUND_TOO_LARGE, MONEY_INVALID for the amount;
 * CHAIN_MISMATCH, SIGNER_MISMATCH for another deployment's.
 */
export async function planRefund(
  ctx: RefundContext,
  record: ChallengeRecord,
  amount: bigint | undefined,
): Promise<Planned> {
  assertRefundable(ctx, record)
  const { challengeId, chainId, token, destination, fromAddress, amountRaw: paid, held } = record
  const value = amount ?? record.refund?.value ?? paid
  assertAmount(value, paid)
  const [isStopped, examined] = await Promise.all([
    areRefundsStopped(ctx),
    examinePayment(ctx, record),
  ])
  const payment = examined.kind === 'payable' ? examined.evidence : undefined
  const to = payment?.from ?? (fromAddress as Address)
  const refund = { token, from: destination, to, value }
  const obstacle = await ctx.payout.findObstacle(refund)
  const signed = await findLivingSignature(ctx, record, value)
  const byHand = payment && (await findHandPaid(ctx, record, payment))
  const { paymentRef } = record
  if (!paymentRef) throw new Key0Error('REFUND_NOT_POSSIBLE', { facts: { reason: 'not paid' } })
  const nonceOf = { chainId, token, paymentRef, sequence: 0 }
  const obstacles = [
    isStopped && 'an operator stopped all refunds',
    examined.kind !== 'payable' && examined.reason,
    obstacle?.reason,
    signed,
  ]
  const plan: RefundPlan = {
    ...{ challengeId, chainId, ...refund, paid, kept: paid - value },
    nonce: ctx.payout.refundNonce(nonceOf),
    ...(held !== undefined && { releases: held }),
    obstacles: obstacles.filter((text) => typeof text === 'string'),
    warnings: byHand ? [`it may have been paid by hand: ${byHand.txHash}`] : [],
  }
  return { plan, payment }
}

/** The refund that a plan makes: a part of the payment only with the name of who approved it. */
export function toPlannedRefund(
  ctx: RefundContext,
  record: ChallengeRecord,
  payment: PaymentEvidence,
  { value, by }: { readonly value: bigint; readonly by: string },
): NonNullable<ChallengeRecord['refund']> {
  const { refund, ...rest } = record
  if (refund?.value === value) return toRefund(ctx, record, payment)
  const whole = toRefund(ctx, rest, payment)
  return value === whole.value ? whole : { ...whole, value, approved: { by, value } }
}

function assertRefundable(ctx: RefundContext, record: ChallengeRecord): void {
  const { state, fromAddress, txHash, lease, chainId, destination } = record
  const refuse = (reason: string): never => {
    throw new Key0Error('REFUND_NOT_POSSIBLE', { facts: { state, reason } })
  }
  if (state === 'REFUND_PENDING') throw new Key0Error('CHALLENGE_REFUNDING', { facts: { state } })
  if (state === 'REFUNDED') throw new Key0Error('CHALLENGE_REFUNDED', { facts: { state } })
  if (state === 'DELIVERED' || deliveryOf(record)) refuse('the buyer has what it paid for')
  if (state !== 'PAID' && state !== 'REFUND_FAILED') refuse('nothing of it was paid')
  if (!fromAddress || !txHash) refuse('its payer is not known')
  if (chainId !== ctx.chain.chainId) {
    const facts = { expected: `${ctx.chain.chainId}`, found: `${chainId}` }
    throw new Key0Error('CHAIN_MISMATCH', { facts })
  }
  if (!ctx.payout.canSignFor(destination))
    throw new Key0Error('SIGNER_MISMATCH', { facts: { expected: `the key of ${destination}` } })
  const isLeased = (lease?.untilMs ?? 0) > ctx.clock.nowMs()
  if (isLeased && !isLeasedByOperator(record)) throw new Key0Error('DELIVERY_PENDING')
}

function assertAmount(value: bigint, paid: bigint): void {
  if (value <= 0n) throw new Key0Error('MONEY_INVALID', { facts: { expected: 'more than zero' } })
  if (value > paid)
    throw new Key0Error('REFUND_TOO_LARGE', { facts: { left: `${paid}`, asked: `${value}` } })
}

/** Another amount must wait until what was signed before can no longer be executed. */
async function findLivingSignature(
  ctx: RefundContext,
  { refund }: ChallengeRecord,
  value: bigint,
): Promise<string | undefined> {
  if (!refund?.signature || refund.value === value) return undefined
  const { token, from, nonce, to, sinceBlock, validBefore = 0n, carriers } = refund
  // A plain transfer is signed by its transaction alone, and there is none.
  if (refund.signature === '0x' && carriers.length === 0) return undefined
  const { finality } = ctx.settings
  const what = { token, from, nonce, to, value: refund.value, carriers }
  const asked = { ...what, validBefore, sinceBlock, finality }
  const sighting = await ctx.chain.observe(asked)
  if (sighting.kind === 'dead' && sighting.cause === 'expired') return undefined
  return `a refund of ${refund.value} was signed already and is ${sighting.kind}`
}

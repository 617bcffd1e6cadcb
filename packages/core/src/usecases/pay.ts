import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { sameAddress } from '../challenge/hex.ts'
import { authorizationRef } from '../challenge/PaymentRef.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { load } from './close.ts'
import { closedError } from './closed.ts'
import { deliver } from './deliver.ts'
import type { Delivered, PresentedPayment } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import { settle } from './settle.ts'

/** Settles a presented payment and delivers; see `Engine.pay`. */
export async function pay(ctx: EngineContext, payment: PresentedPayment): Promise<Delivered> {
  const holder = ctx.newId()
  return deliver(ctx, await settleFor(ctx, payment, holder), holder)
}

/**
 * Brings a presented payment to PAID, or finds that this payer has paid already. `holder` takes
 * the delivery lease in the same step.
 */
export async function settleFor(
  ctx: EngineContext,
  payment: PresentedPayment,
  holder?: string,
): Promise<ChallengeRecord> {
  const record = await load(ctx, payment.challengeId)
  assertSameRequest(record, payment.request)
  switch (record.state) {
    case 'PENDING': {
      const paid = await settle(ctx, record, payment.authorization, holder)
      await assertPayer(ctx, paid, payment.authorization)
      return paid
    }
    case 'PAID':
    case 'DELIVERED':
      await assertPayer(ctx, record, payment.authorization)
      return record
    case 'EXPIRED':
    case 'CANCELLED':
    case 'REFUND_PENDING':
    case 'REFUNDED':
    case 'REFUND_FAILED':
      throw closedError(record)
  }
}

/** One id, one request: the same id with another plan or resource is somebody's mistake. */
function assertSameRequest(record: ChallengeRecord, asked: PresentedPayment['request']): void {
  for (const field of ['planId', 'resourceId', 'requestId'] as const)
    if (asked[field] !== undefined && asked[field] !== record[field])
      throw new Key0Error('REQUEST_CONFLICT', { facts: { field } })
}

/**
 * A paid challenge answers its payer only: to the very authorization that paid, or to a newly
 * signed one by the same payer, which proves who is asking and is never submitted.
 */
async function assertPayer(
  ctx: EngineContext,
  record: ChallengeRecord,
  presented: SignedAuthorization,
): Promise<void> {
  const paidBy = record.intent?.stage === 'PAID' ? record.intent.authorization : undefined
  if (paidBy && sameAuthorization(paidBy, presented)) return
  if (record.fromAddress === undefined || !sameAddress(record.fromAddress, presented.from))
    throw new Key0Error('REQUEST_CONFLICT')
  const forUs =
    sameAddress(presented.to, record.destination) && presented.value === record.amountRaw
  const fresh = presented.validBefore * 1000n > BigInt(ctx.clock.nowMs())
  if (!forUs || !fresh || !(await ctx.chain.isAuthorizedBy(record.token, presented)))
    throw new Key0Error('SIGNATURE_INVALID')
  // One that bought something else is public once it is mined: anybody could present it here.
  const { chainId, token, challengeId } = record
  const claim = await ctx.store.getClaim(authorizationRef({ chainId, token, ...presented }))
  if (claim && claim.challengeId !== challengeId) throw new Key0Error('PAYMENT_SPENT')
}

function sameAuthorization(a: SignedAuthorization, b: SignedAuthorization): boolean {
  return (
    sameAddress(a.from, b.from) &&
    sameAddress(a.to, b.to) &&
    a.value === b.value &&
    a.validAfter === b.validAfter &&
    a.validBefore === b.validBefore &&
    a.nonce.toLowerCase() === b.nonce.toLowerCase() &&
    a.signature.toLowerCase() === b.signature.toLowerCase()
  )
}

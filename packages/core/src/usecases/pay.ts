import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { sameAddress } from '../challenge/hex.ts'
import { authorizationRef } from '../challenge/PaymentRef.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import { assertSameRequest } from './assertSameRequest.ts'
import { load } from './close.ts'
import { closedError } from './closed.ts'
import { type Done, deliver } from './deliver.ts'
import type { PresentedPayment } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import type { Deliverer, Maker } from './Maker.ts'
import { settle } from './settle.ts'

const FRESH =
  'a new signature: ask with this requestId, without a payment, and sign that offer; what is' +
  ' paid is never charged again'

/** Settles a presented payment and delivers; see `Engine.pay` and `Engine.payResource`. */
export async function pay(
  ctx: EngineContext,
  payment: PresentedPayment,
  maker: Maker,
): Promise<Done> {
  return deliver(ctx, await settleFor(ctx, payment, maker), maker)
}

/**
 * Brings a presented payment to PAID, or finds that this payer has paid already. `deliverer` takes
 * the delivery lease in the same step.
 */
export async function settleFor(
  ctx: EngineContext,
  payment: PresentedPayment,
  deliverer?: Deliverer,
): Promise<ChallengeRecord> {
  try {
    return await settleOrRecognise(ctx, payment, deliverer)
  } catch (error) {
    throw payment.onlyFresh ? withoutChallenge(error) : error
  }
}

/** The message a payer would sign names the challenge: whoever does not know it is not told. */
function withoutChallenge(error: unknown): unknown {
  if (!Key0Error.is(error, 'PAYER_PROOF_REQUIRED') || !error.facts.message) return error
  const { txHash = '' } = error.facts
  const expected = "the payer's proof, with the challenge id that the first offer named"
  return new Key0Error('PAYER_PROOF_REQUIRED', { facts: { txHash, expected } })
}

async function settleOrRecognise(
  ctx: EngineContext,
  payment: PresentedPayment,
  deliverer?: Deliverer,
): Promise<ChallengeRecord> {
  const record = await load(ctx, payment.challengeId)
  assertSameRequest(record, payment.request)
  switch (record.state) {
    case 'PENDING': {
      // What comes before anything was submitted cannot have been copied from the chain.
      const onlyFresh = hasOpenIntent(record) && needsFresh(record, payment)
      // Whoever may not be served takes no lease: it would keep the first request waiting.
      const paid = await settle(ctx, record, payment, onlyFresh ? undefined : deliverer)
      await assertPayer(ctx, paid, { ...payment, onlyFresh })
      return paid
    }
    case 'PAID':
    case 'DELIVERED':
      await assertPayer(ctx, record, { ...payment, onlyFresh: needsFresh(record, payment) })
      return record
    case 'EXPIRED':
    case 'CANCELLED':
    case 'REFUND_PENDING':
    case 'REFUNDED':
    case 'REFUND_FAILED':
      throw closedError(record)
  }
}

/** Whether the challenge's id is no secret between us and whoever paid. */
export function needsFresh(
  { intent }: ChallengeRecord,
  { onlyFresh }: Pick<PresentedPayment, 'onlyFresh'>,
): boolean {
  return onlyFresh === true || intent?.onlyFresh === true
}

/**
 * A paid challenge answers its payer only: to the very authorization that paid, from whoever knows
 * the challenge's id, or to a newly signed one by the same payer, which proves who is asking and
 * is never submitted.
 */
export async function assertPayer(
  ctx: EngineContext,
  record: ChallengeRecord,
  { authorization: presented, onlyFresh }: Pick<PresentedPayment, 'authorization' | 'onlyFresh'>,
): Promise<void> {
  const paidBy = record.intent?.stage === 'PAID' ? record.intent.authorization : undefined
  const same = paidBy !== undefined && sameAuthorization(paidBy, presented)
  if (same && !onlyFresh) return
  if (record.fromAddress === undefined || !sameAddress(record.fromAddress, presented.from))
    throw new Key0Error('REQUEST_CONFLICT')
  if (same) {
    const { requestId } = record
    throw new Key0Error('PAYER_PROOF_REQUIRED', { facts: { requestId, expected: FRESH } })
  }
  const forUs =
    sameAddress(presented.to, record.destination) && presented.value === record.amountRaw
  const lives = presented.validBefore * 1000n > BigInt(ctx.clock.nowMs())
  if (!forUs || !lives || !(await ctx.chain.isAuthorizedBy(record.token, presented)))
    throw new Key0Error('SIGNATURE_INVALID')
  await assertFresh(ctx, record, presented)
}

/** What was used on chain is public: anybody could present it here, wherever it was paid to. */
async function assertFresh(
  ctx: EngineContext,
  record: ChallengeRecord,
  presented: SignedAuthorization,
): Promise<void> {
  const { chainId, token, challengeId, paidBlock, intent } = record
  const claim = await ctx.store.getClaim(authorizationRef({ chainId, token, ...presented }))
  if (claim && claim.challengeId !== challengeId) throw new Key0Error('PAYMENT_SPENT')
  const { from, to, nonce, value, validBefore } = presented
  const sinceBlock = paidBlock?.number ?? intent?.sinceBlock ?? 0n
  const finality = ctx.settings.finality.payment
  const query = { token, from, to, nonce, value, validBefore, sinceBlock, finality }
  const sighting = await ctx.chain.observe(query)
  if (sighting.kind === 'unused') return
  if (sighting.kind === 'unreachable')
    throw new Key0Error('CHAIN_UNREACHABLE', { cause: sighting.cause })
  throw new Key0Error('AUTHORIZATION_USED')
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

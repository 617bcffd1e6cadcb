import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Hash, Hex } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { inspect } from './close.ts'
import type { EngineContext } from './EngineContext.ts'
import { assertPayer, needsFresh } from './pay.ts'
import { resultProofMessage } from './payerProof.ts'

/**
 * How somebody shows that the payment was theirs: by the authorization that paid or a newly signed
 * one, or by a signature of the paying wallet over `resultProofMessage(challengeId, signedAt)`.
 */
export type PayerProof =
  | { readonly kind: 'authorization'; readonly authorization: SignedAuthorization }
  | { readonly kind: 'signature'; readonly signature: Hex; readonly signedAt: Date }

/** Where the money of an undelivered payment is. */
export type RefundStatus = {
  /**
   * `waiting` for the grace period to end, `held` until a person or evidence releases it,
   * `in_progress` on its way, `refunded`, or `needs_review` by a person.
   */
  readonly status: 'waiting' | 'held' | 'in_progress' | 'refunded' | 'needs_review'
  /** For `waiting`: when the money goes back at the earliest. */
  readonly notBefore?: Date
  readonly txHash?: Hash
  readonly refundedAt?: Date
}

/** What is told of a challenge. `isPayer`: what it bought may be handed out again. */
export type Looked = {
  readonly challenge: ChallengeRecord
  readonly isPayer: boolean
  readonly refund?: RefundStatus
}

/** A signature older than this may have been overheard. */
const SIGNATURE_LIVES_MS = 300_000

/** Reads a challenge for whoever knows its id, and checks who is asking; see `Engine.lookUp`. */
export async function lookUp(ctx: EngineContext, id: string, proof?: PayerProof): Promise<Looked> {
  const challenge = await inspect(ctx, id)
  const refund = refundOf(challenge, ctx.settings.refundMinAgeMs)
  const isPayer = proof !== undefined && (await isProven(ctx, challenge, proof))
  return { challenge, isPayer, ...(refund && { refund }) }
}

/** False for a challenge that nobody is known to have paid yet: there is nothing to hand out. */
async function isProven(
  ctx: EngineContext,
  challenge: ChallengeRecord,
  proof: PayerProof,
): Promise<boolean> {
  const { fromAddress, challengeId } = challenge
  if (fromAddress === undefined) return false
  if (proof.kind === 'authorization') {
    const { authorization } = proof
    const onlyFresh = needsFresh(challenge, {})
    await assertPayer(ctx, challenge, { authorization, onlyFresh })
    return true
  }
  const { signature, signedAt } = proof
  const message = resultProofMessage(challengeId, signedAt)
  const ageMs = Math.abs(ctx.clock.nowMs() - signedAt.getTime())
  if (ageMs <= SIGNATURE_LIVES_MS && (await ctx.chain.isSignedBy(fromAddress, message, signature)))
    return true
  const expected = `at most ${SIGNATURE_LIVES_MS / 1000} seconds ago, by the wallet that paid`
  throw new Key0Error('PAYER_PROOF_INVALID', { facts: { message, expected } })
}

function refundOf(record: ChallengeRecord, refundMinAgeMs: number): RefundStatus | undefined {
  const { state, held, accessGrant, response, paidAt, updatedAt } = record
  switch (state) {
    case 'PAID':
      if (accessGrant || response) return undefined
      if (held !== undefined) return { status: 'held' }
      return {
        status: 'waiting',
        notBefore: new Date((paidAt ?? updatedAt).getTime() + refundMinAgeMs),
      }
    case 'REFUND_PENDING':
      return { status: held === undefined ? 'in_progress' : 'held' }
    case 'REFUND_FAILED':
      return { status: 'needs_review' }
    case 'REFUNDED': {
      const { refundTxHash: txHash, refundedAt } = record
      return { status: 'refunded', ...(txHash && { txHash }), ...(refundedAt && { refundedAt }) }
    }
    default:
      return undefined
  }
}

import {
  type AccessRequest,
  type ChallengeRecord,
  hasOpenIntent,
  type Offered,
  type SignedAuthorization,
} from '@key0/core'
import type { Settings } from '../CheckoutOptions.ts'
import { identifierRequired } from '../extensions/paymentIdentifier.ts'
import type { Payment } from '../payment/readPayment.ts'
import { requestIdOf } from '../payment/requestIdOf.ts'

/** What a challenge that is made for a payment is made with. */
export type Named = { readonly requestId: string; readonly authorization: SignedAuthorization }

/** What is asked for, and how its price is told. */
export type Asked = {
  readonly request: Pick<AccessRequest, 'requestId' | 'caller'>
  readonly offer: (named: Named) => Promise<Offered>
}

/**
 * The challenge that a payment names, or the one that its request's id names, or else one that is
 * made for this very payment.
 *
 * @throws PAYMENT_MALFORMED where it must be named and is not, and as `Engine.offer`
 */
export async function findChallenge(
  { challengeId, authorization, identifier }: Payment,
  { request, offer }: Asked,
  { engine, paymentIdentifier, seller }: Settings,
): Promise<Offered> {
  const requestId = request.requestId ?? identifier
  if (paymentIdentifier === 'required' && requestId === undefined) throw identifierRequired()
  if (challengeId === undefined) {
    const name = requestId ?? requestIdOf(authorization, seller.chainId)
    return offer({ requestId: name, authorization })
  }
  const challenge = await engine.inspect(challengeId)
  const named = request.requestId === undefined && identifier !== undefined
  if (!named || !isOpen(challenge)) return { challenge, mayKnowId: true }
  // Paid under the buyer's own name for it: whatever else is signed under that name is not.
  const by = request.caller !== undefined && { caller: request.caller }
  return engine.offerAs(challenge, { requestId: identifier, authorization, ...by })
}

/** Whether nothing was presented for it yet, nor can have been. */
export function isOpen(challenge: ChallengeRecord): boolean {
  return challenge.state === 'PENDING' && !hasOpenIntent(challenge)
}

import {
  type ChallengeRecord,
  type Delivered,
  hasOpenIntent,
  Key0Error,
  type Offered,
} from '@key0/core'
import type { Checkout, OfferRequest, Sold } from '../Checkout.ts'
import type { Settings } from '../CheckoutOptions.ts'
import { assertAccepted } from '../offer/assertAccepted.ts'
import type { Payment } from '../payment/readPayment.ts'
import { requestIdOf } from '../payment/requestIdOf.ts'
import { type Paid, refuse, refuseUnnamed } from './refuse.ts'
import { settlementOf } from './settlementOf.ts'

type Sale = Pick<Checkout, 'offer' | 'pay' | 'submitProof' | 'refuse'>

/** Everything that may be done with a payment, or with a request that brought none. */
export function createSale(settings: Settings, requirementsOf: Checkout['requirementsOf']): Sale {
  const { engine, discoverUrl } = settings
  const offer = ({ planId, ...request }: OfferRequest): Promise<Offered> => {
    if (planId === undefined) throw planRequired(discoverUrl)
    return engine.offer({ ...request, planId })
  }
  /**
   * The challenge that a payment names, or the one that its request's id names, or else one that
   * is made for this very payment.
   */
  const find = async (payment: Payment, request: OfferRequest): Promise<Offered> => {
    const { challengeId, authorization } = payment
    if (challengeId !== undefined)
      return { challenge: await engine.inspect(challengeId), mayKnowId: true }
    const requestId = request.requestId ?? requestIdOf(authorization, settings.seller.chainId)
    return offer({ ...request, requestId })
  }
  return {
    offer: async (request) => offer(request),
    refuse: (error) => refuseUnnamed(error, settings),
    async pay(payment, request) {
      let paid: Paid | undefined
      try {
        const { challenge, mayKnowId } = await find(payment, request)
        const { challengeId } = challenge
        paid = { challengeId, mayKnowId }
        checkAccepted(payment, challenge, requirementsOf)
        const { authorization } = payment
        const { clientAgentId: _, ...asked } = request
        return sold(
          await engine.pay({ challengeId, authorization, request: asked, onlyFresh: !mayKnowId }),
        )
      } catch (error) {
        return paid ? refuse(error, paid, settings) : refuseUnnamed(error, settings)
      }
    },
    async submitProof(transfer) {
      try {
        return sold(await engine.submitProof(transfer))
      } catch (error) {
        return refuse(error, { challengeId: transfer.challengeId, mayKnowId: true }, settings)
      }
    },
  }
}

function planRequired(discover: string | undefined): Key0Error {
  const facts = { field: '$.planId', ...(discover !== undefined && { discover }) }
  return new Key0Error('PLAN_REQUIRED', { facts })
}

function sold(delivered: Delivered): Sold {
  return { kind: 'sold', delivered, settlement: settlementOf(delivered) }
}

/**
 * Only an open challenge makes an offer that could be misread. For any other one the engine looks
 * at the authorization itself: who comes back for what they bought must not fail over an echo.
 */
function checkAccepted(
  { accepted }: Payment,
  challenge: ChallengeRecord,
  requirementsOf: Checkout['requirementsOf'],
): void {
  if (challenge.state !== 'PENDING' || hasOpenIntent(challenge)) return
  const { challengeId } = challenge
  const offered = requirementsOf(challenge)
  // Which challenge it is for need not be repeated, and version 1 repeats next to nothing.
  const echo = 'amount' in accepted ? accepted : { ...offered, ...accepted }
  assertAccepted(offered, { ...echo, extra: { ...echo.extra, challengeId } })
}

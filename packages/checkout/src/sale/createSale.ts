import {
  type ChallengeRecord,
  type Delivered,
  type DeliveredResource,
  isSecretRequestId,
  Key0Error,
  type Offered,
  type PresentedPayment,
  type PresentedTransfer,
} from '@key0/core'
import type { Checkout, OfferRequest, Refused, Sold } from '../Checkout.ts'
import type { Settings } from '../CheckoutOptions.ts'
import { extensionsWith, type ReceiptOf } from '../extensions/offerReceipt.ts'
import { assertAccepted } from '../offer/assertAccepted.ts'
import type { Payment } from '../payment/readPayment.ts'
import { type Asked, findChallenge, isOpen, type Named } from './findChallenge.ts'
import { type Paid, refuse, refuseUnnamed } from './refuse.ts'
import { settlementOf } from './settlementOf.ts'

type Sale = Pick<
  Checkout,
  'offer' | 'offerResource' | 'pay' | 'payResource' | 'submitProof' | 'proveResource' | 'refuse'
>

/** What a sale writes besides. */
type Writers = Pick<Checkout, 'requirementsOf'> & { readonly receiptOf: ReceiptOf }

/** Everything that may be done with a payment, or with a request that brought none. */
export function createSale(settings: Settings, { requirementsOf, receiptOf }: Writers): Sale {
  const { engine, discoverUrl } = settings
  const offer = ({ planId, ...request }: OfferRequest): Promise<Offered> => {
    if (planId === undefined) throw planRequired(discoverUrl)
    return engine.offer({ ...request, planId })
  }
  /** Finds out what a payment is for, and has it delivered. Never throws. */
  const sell = async <delivered extends AnyDelivered>(
    payment: Payment,
    asked: Asked,
    deliver: (presented: Omit<PresentedPayment, 'request'>) => Promise<delivered>,
  ): Promise<Of<delivered> | Refused> => {
    let paid: Paid | undefined
    try {
      const { challenge, mayKnowId } = await findChallenge(payment, asked, settings)
      const { challengeId } = challenge
      // Sent again it is found by its name, and one that can be read off the chain proves nothing.
      const isNamed = challengeId === payment.challengeId
      const isRepeatable = isNamed || isSecretRequestId(challenge.requestId)
      paid = { challengeId, mayKnowId, isRepeatable }
      if (settings.seller.exact === false) throw onlyTransfers()
      checkAccepted(payment, challenge, requirementsOf)
      const { authorization } = payment
      const delivered = await deliver({ challengeId, authorization, onlyFresh: !mayKnowId })
      return await sold(delivered, receiptOf)
    } catch (error) {
      return paid ? refuse(error, paid, settings) : refuseUnnamed(error, settings)
    }
  }
  const prove = async <delivered extends AnyDelivered>(
    { challengeId }: PresentedTransfer,
    deliver: () => Promise<delivered>,
  ): Promise<Of<delivered> | Refused> => {
    try {
      return await sold(await deliver(), receiptOf)
    } catch (error) {
      return refuse(error, { challengeId, mayKnowId: true, isRepeatable: true }, settings)
    }
  }
  return {
    offer: async (request) => offer(request),
    offerResource: async (request) => engine.offerResource(request),
    refuse: (error) => refuseUnnamed(error, settings),
    pay(payment, request) {
      const { clientAgentId: _, caller: __, ...asked } = request
      const named = async (by: Named) => offer({ ...request, ...by })
      return sell(payment, { request, offer: named }, (presented) =>
        engine.pay({ ...presented, request: asked }),
      )
    },
    payResource(payment, request, backend) {
      const { route, resource, requestId } = request
      const name = requestId !== undefined && { requestId }
      const asked = { planId: route.routeId, resource, ...name }
      const named = async (by: Named) => engine.offerResource({ ...request, ...by })
      return sell(payment, { request, offer: named }, (presented) =>
        engine.payResource({ ...presented, request: asked }, backend),
      )
    },
    submitProof: (transfer) => prove(transfer, () => engine.submitProof(transfer)),
    proveResource: (transfer, backend) =>
      prove(transfer, () => engine.proveResource(transfer, backend)),
  }
}

type AnyDelivered = Delivered | DeliveredResource

/** A sale of what was delivered: a grant, or a response. */
type Of<delivered> = Omit<Sold, 'delivered'> & { readonly delivered: delivered }

async function sold<delivered extends AnyDelivered>(
  delivered: delivered,
  receiptOf: ReceiptOf,
): Promise<Of<delivered>> {
  const receipt = await receiptOf(delivered.challenge)
  const extensions = receipt && { extensions: extensionsWith(receipt) }
  return { kind: 'sold', delivered, settlement: { ...settlementOf(delivered), ...extensions } }
}

/** Who settles nothing takes no signature, whatever scheme it calls itself. */
function onlyTransfers(): Key0Error {
  const facts = { expected: 'a transfer of your own, presented by its transaction' }
  return new Key0Error('PAYMENT_SCHEME_UNSUPPORTED', { facts })
}

function planRequired(discover: string | undefined): Key0Error {
  const facts = { field: '$.planId', ...(discover !== undefined && { discover }) }
  return new Key0Error('PLAN_REQUIRED', { facts })
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
  if (!isOpen(challenge)) return
  const { challengeId } = challenge
  const offered = requirementsOf(challenge)
  // Which challenge it is for need not be repeated, and version 1 repeats next to nothing.
  const echo = 'amount' in accepted ? accepted : { ...offered, ...accepted }
  assertAccepted(offered, { ...echo, extra: { ...echo.extra, challengeId } })
}

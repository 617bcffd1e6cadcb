import {
  type ChallengeRecord,
  type Delivered,
  type DeliveredResource,
  hasOpenIntent,
  isSecretRequestId,
  Key0Error,
  type Offered,
  type PresentedPayment,
  type PresentedTransfer,
} from '@key0/core'
import type { Checkout, OfferRequest, Refused, Sold } from '../Checkout.ts'
import type { Settings } from '../CheckoutOptions.ts'
import { extensionsWith, type ReceiptOf } from '../extensions/offerReceipt.ts'
import { identifierRequired } from '../extensions/paymentIdentifier.ts'
import { assertAccepted } from '../offer/assertAccepted.ts'
import type { Payment } from '../payment/readPayment.ts'
import { requestIdOf } from '../payment/requestIdOf.ts'
import { type Paid, refuse, refuseUnnamed } from './refuse.ts'
import { settlementOf } from './settlementOf.ts'

type Sale = Pick<
  Checkout,
  'offer' | 'offerResource' | 'pay' | 'payResource' | 'submitProof' | 'proveResource' | 'refuse'
>

/** What is asked for, and how its price is told. */
type Asked = {
  readonly requestId: string | undefined
  readonly offer: (requestId: string) => Promise<Offered>
}

/** What a sale writes besides. */
type Writers = Pick<Checkout, 'requirementsOf'> & { readonly receiptOf: ReceiptOf }

/** Everything that may be done with a payment, or with a request that brought none. */
export function createSale(settings: Settings, { requirementsOf, receiptOf }: Writers): Sale {
  const { engine, discoverUrl, paymentIdentifier } = settings
  const offer = ({ planId, ...request }: OfferRequest): Promise<Offered> => {
    if (planId === undefined) throw planRequired(discoverUrl)
    return engine.offer({ ...request, planId })
  }
  /**
   * The challenge that a payment names, or the one that its request's id names, or else one that
   * is made for this very payment.
   */
  const find = async (payment: Payment, asked: Asked): Promise<Offered> => {
    const { challengeId, authorization, identifier } = payment
    const requestId = asked.requestId ?? identifier
    if (paymentIdentifier === 'required' && requestId === undefined) throw identifierRequired()
    if (challengeId === undefined)
      return asked.offer(requestId ?? requestIdOf(authorization, settings.seller.chainId))
    const challenge = await engine.inspect(challengeId)
    const named = asked.requestId === undefined && identifier !== undefined
    // Paid under the buyer's own name for it: whatever else is signed under that name is not.
    if (named && isOpen(challenge)) return engine.offerAs(challenge, identifier)
    return { challenge, mayKnowId: true }
  }
  /** Finds out what a payment is for, and has it delivered. Never throws. */
  const sell = async <delivered extends AnyDelivered>(
    payment: Payment,
    asked: Asked,
    deliver: (presented: Omit<PresentedPayment, 'request'>) => Promise<delivered>,
  ): Promise<Of<delivered> | Refused> => {
    let paid: Paid | undefined
    try {
      const { challenge, mayKnowId } = await find(payment, asked)
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
      const named = async (requestId: string) => offer({ ...request, requestId })
      return sell(payment, { requestId: request.requestId, offer: named }, (presented) =>
        engine.pay({ ...presented, request: asked }),
      )
    },
    payResource(payment, request, backend) {
      const { route, resource, requestId } = request
      const asked = {
        planId: route.routeId,
        resource,
        ...(requestId !== undefined && { requestId }),
      }
      return sell(
        payment,
        {
          requestId,
          offer: async (named) => engine.offerResource({ ...request, requestId: named }),
        },
        (presented) => engine.payResource({ ...presented, request: asked }, backend),
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

/** Whether nothing was presented for it yet, nor can have been. */
function isOpen(challenge: ChallengeRecord): boolean {
  return challenge.state === 'PENDING' && !hasOpenIntent(challenge)
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

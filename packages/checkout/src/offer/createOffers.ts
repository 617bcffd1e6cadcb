import type { ChallengeRecord, Offer, PricedPlan } from '@key0/core'
import type { Checkout } from '../Checkout.ts'
import type { Settings } from '../CheckoutOptions.ts'
import { createTemplate, type Template, toAscii } from './createTemplate.ts'
import { judgePlan } from './judgePlan.ts'
import { requirementsOf, type Terms, timeoutOf } from './requirementsOf.ts'

type Offers = Pick<
  Checkout,
  | 'requirementsOf'
  | 'quote'
  | 'paymentRequired'
  | 'paymentRequiredText'
  | 'v1PaymentRequiredText'
  | 'warnings'
>

/**
 * Prepares every plan's offer.
 *
 * @throws CONFIG_INVALID when one of them would not fit the 8 KiB that clients and proxies take,
 * or would not be x402.
 */
export function createOffers(settings: Settings): Offers {
  const { engine, seller } = settings
  const templates = new Map<string, Template>()
  const make = (planId: string, terms: Terms): Template => {
    const plan = engine.catalog.plans.find((each) => each.planId === planId)
    const description = plan?.description ?? seller.description
    const template = createTemplate({ description, mimeType: 'application/json' }, terms, seller)
    templates.set(planId, template)
    return template
  }
  const termsOf = (challenge: ChallengeRecord): Terms => {
    const offer = engine.offerOf(challenge)
    return { offer, timeoutSeconds: timeoutOf(challenge, offer, settings) }
  }
  const templateOf = (challenge: ChallengeRecord): Template => {
    const terms = termsOf(challenge)
    const known = templates.get(challenge.planId)
    return known && sameTerms(known.terms, terms) ? known : make(challenge.planId, terms)
  }
  const warnings = engine.catalog.plans.flatMap((plan) =>
    judgePlan(plan, make(plan.planId, usualTerms(plan, settings)), settings),
  )
  const paymentRequired: Offers['paymentRequired'] = ({ challenge, mayKnowId }, parts) => {
    const challengeId = mayKnowId ? challenge.challengeId : undefined
    return templateOf(challenge).message({ ...parts, challengeId })
  }
  return {
    warnings,
    paymentRequired,
    quote: (plan) => requirementsOf(usualTerms(plan, settings), undefined, seller),
    v1PaymentRequiredText: ({ challenge }, parts) => templateOf(challenge).v1Text?.(parts),
    requirementsOf: (challenge) =>
      requirementsOf(termsOf(challenge), challenge.challengeId, seller),
    paymentRequiredText(offered, parts) {
      const { challenge, mayKnowId } = offered
      if (!mayKnowId) return toAscii(JSON.stringify(paymentRequired(offered, parts)))
      return templateOf(challenge).text({ ...parts, challengeId: challenge.challengeId })
    },
  }
}

function sameTerms(a: Terms, b: Terms): boolean {
  return a.timeoutSeconds === b.timeoutSeconds && sameOffer(a.offer, b.offer)
}

function sameOffer(a: Offer, b: Offer): boolean {
  return (
    a.value === b.value && a.payTo === b.payTo && a.token === b.token && a.chainId === b.chainId
  )
}

/** What offers of a plan will almost always say; the record has the last word. */
function usualTerms(plan: PricedPlan, { seller, maxTimeoutSeconds }: Settings): Terms {
  return {
    timeoutSeconds: maxTimeoutSeconds,
    offer: {
      chainId: seller.chainId,
      token: seller.token.address,
      payTo: seller.payTo,
      value: plan.unitAmountRaw,
      maxTimeoutSeconds,
    },
  }
}

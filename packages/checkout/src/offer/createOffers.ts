import {
  type ChallengeRecord,
  isPriced,
  Key0Error,
  type Offer,
  type PricedPlan,
  type RouteTerms,
} from '@key0/core'
import type { Checkout } from '../Checkout.ts'
import type { Settings } from '../CheckoutOptions.ts'
import {
  announcedMethod,
  announceInBazaar,
  announceInV1,
  type Sellable,
} from '../extensions/bazaar.ts'
import { announceIdentifier } from '../extensions/paymentIdentifier.ts'
import { createTemplate, type Template, toAscii } from './createTemplate.ts'
import { type Goods, judgeGoods } from './judgeGoods.ts'
import { requirementsOf, type Terms, timeoutOf } from './requirementsOf.ts'

type Offers = Pick<
  Checkout,
  | 'requirementsOf'
  | 'quote'
  | 'paymentRequired'
  | 'paymentRequiredText'
  | 'v1PaymentRequiredText'
  | 'warnings'
  | 'addRoute'
>

/**
 * Prepares the offers of every plan and every priced route.
 *
 * @throws CONFIG_INVALID when one of them would not fit the 8 KiB that clients and proxies take,
 * or would not be x402.
 */
export function createOffers(settings: Settings): Offers {
  const { engine, seller, paymentIdentifier, sellableOf } = settings
  const templates = new Map<string, Template>()
  const goods = new Map<string, Goods>()
  const make = ({ id, method }: Asked, terms: Terms): Template => {
    const one = goods.get(id)
    const { description = seller.description, mimeType = 'application/json' } = one ?? {}
    const sold = one?.sellable(method)
    const extensions = {
      ...announceIdentifier(paymentIdentifier),
      ...(sold && announceInBazaar(sold)),
    }
    const outputSchema = sold && announceInV1(sold)
    const described = { description, mimeType, extensions, outputSchema }
    const template = createTemplate(described, terms, seller)
    templates.set(keyOf({ id, method }), template)
    return template
  }
  const termsOf = (challenge: ChallengeRecord): Terms => {
    const offer = engine.offerOf(challenge)
    return { offer, timeoutSeconds: timeoutOf(challenge, offer, settings) }
  }
  /** An offer is told in both versions, one right after the other: its template is found once. */
  let last: { readonly challenge: ChallengeRecord; readonly template: Template } | undefined
  const templateOf = (challenge: ChallengeRecord): Template => {
    if (last?.challenge === challenge) return last.template
    const terms = termsOf(challenge)
    const asked = askedOf(challenge)
    const known = templates.get(keyOf(asked))
    const template = known && sameTerms(known.terms, terms) ? known : make(asked, terms)
    last = { challenge, template }
    return template
  }
  const warnings: string[] = []
  const add = (one: Goods): void => {
    if (goods.has(one.id)) throw taken(one.id)
    goods.set(one.id, one)
    const template = make({ id: one.id, method: one.usualMethod }, usualTerms(one, settings))
    warnings.push(...judgeGoods(one, template, settings))
  }
  for (const plan of engine.catalog.plans) add(toPlanGoods(plan, sellableOf?.(plan)))
  for (const route of engine.catalog.routes) if (isPriced(route)) add(toGoods(route))
  const paymentRequired: Offers['paymentRequired'] = ({ challenge, mayKnowId }, parts) => {
    const challengeId = mayKnowId ? challenge.challengeId : undefined
    return templateOf(challenge).message({ ...parts, challengeId })
  }
  return {
    warnings,
    paymentRequired,
    addRoute: (route) => add(toGoods(route)),
    quote: (goods) => requirementsOf(usualTerms(goods, settings), undefined, seller),
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

function toPlanGoods(plan: PricedPlan, sold: Sellable | undefined): Goods {
  return { ...plan, what: 'Plan', id: plan.planId, usualMethod: undefined, sellable: () => sold }
}

/** A gate may stand before any method: an offer names the one of the request that it answers. */
function toGoods(route: RouteTerms): Goods {
  const { method: told = 'POST', routeId } = route
  return {
    ...{ ...route, what: 'Route', id: routeId, usualMethod: told },
    sellable: (method) => (method === undefined ? undefined : { ...route, method }),
  }
}

/** What was asked for: a plan, or by which method a request of which route. */
type Asked = { readonly id: string; readonly method: string | undefined }

function askedOf({ planId, resource }: ChallengeRecord): Asked {
  return { id: planId, method: resource && announcedMethod(resource.method) }
}

function keyOf({ id, method }: Asked): string {
  return method === undefined ? id : `${method} ${id}`
}

function taken(id: string): Key0Error {
  return new Key0Error('CONFIG_INVALID', { facts: { routeId: `"${id}" is there twice` } })
}

/** What offers of it will almost always say; the record has the last word. */
function usualTerms(
  { unitAmountRaw }: Pick<Goods, 'unitAmountRaw'>,
  { seller, maxTimeoutSeconds }: Settings,
): Terms {
  return {
    timeoutSeconds: maxTimeoutSeconds,
    offer: {
      chainId: seller.chainId,
      token: seller.token.address,
      payTo: seller.payTo,
      value: unitAmountRaw,
      maxTimeoutSeconds,
    },
  }
}

import {
  type ChallengeRecord,
  Key0Error,
  type Offer,
  type Offered,
  type PricedPlan,
} from '@key0/core'
import {
  encodePaymentRequired,
  isHeaderLarge,
  type PaymentRequirements,
  toNetwork,
  WireError,
} from '@key0/x402'
import { type HeaderRecord, jsonHeaders, quoted } from '../answer/respond.ts'
import { paths } from '../Context.ts'
import type { Settings } from '../HttpOptions.ts'
import { type Problem, problemMembers, problemOf } from '../problem.ts'
import { createTemplate, type Template, toAscii } from './createTemplate.ts'
import { requirementsOf, type Terms, timeoutOf } from './requirementsOf.ts'

/** Writes 402s. */
export type OfferWriter = {
  /** What a challenge asks for, exactly as its 402 says it. */
  readonly requirementsOf: (challenge: ChallengeRecord) => PaymentRequirements
  readonly write: (offered: Offered, url: URL, problem: Problem, headers?: HeaderRecord) => Response
  /** Sentences for the seller about offers that some buyers will not be able to take. */
  readonly warnings: readonly string[]
}

/**
 * Prepares every plan's 402.
 *
 * @throws CONFIG_INVALID when one of them would not fit the 8 KiB that clients and proxies take,
 * or would not be x402.
 */
export function createOfferWriter(settings: Settings): OfferWriter {
  const { engine, seller, baseUrl } = settings
  const templates = new Map<string, Template>()
  const make = (planId: string, terms: Terms): Template => {
    const plan = engine.catalog.plans.find((each) => each.planId === planId)
    const template = createTemplate(plan, terms, authenticateOf(terms, settings), settings)
    templates.set(planId, template)
    return template
  }
  const termsOf = (challenge: ChallengeRecord): Terms => {
    const offer = engine.offerOf(challenge)
    return { offer, timeoutSeconds: timeoutOf(challenge, offer, settings) }
  }
  const warnings = engine.catalog.plans.flatMap((plan) =>
    judgePlan(plan, make(plan.planId, usualTerms(plan, settings)), settings),
  )
  return {
    warnings,
    requirementsOf: (challenge) =>
      requirementsOf(termsOf(challenge), challenge.challengeId, seller),
    write({ challenge, mayKnowId }, url, problem, headers) {
      const terms = termsOf(challenge)
      const known = templates.get(challenge.planId)
      const template =
        known && sameTerms(known.terms, terms) ? known : make(challenge.planId, terms)
      const parts = { url: `${baseUrl}${url.pathname}${url.search}`, error: problem.title }
      const challengeId = mayKnowId ? challenge.challengeId : undefined
      const offer = challengeId
        ? template.text({ ...parts, challengeId })
        : toAscii(JSON.stringify(template.message({ ...parts, challengeId })))
      const { requestId, expiresAt } = challenge
      const ids = { challengeId, requestId, expiresAt }
      return new Response(bodyOf(ids, problem, offer, seller.docsUrl), {
        status: 402,
        headers: {
          ...jsonHeaders,
          'www-authenticate': template.authenticate,
          'payment-required': btoa(offer),
          ...headers,
        },
      })
    },
  }
}

type OfferedIds = Pick<ChallengeRecord, 'requestId' | 'expiresAt'> & {
  /** Absent for somebody who may not know it. */
  readonly challengeId: string | undefined
}

/**
 * The body says in plain JSON what the header says in base64. `x402Version`, `accepts` and `error`
 * at the top level are left to version 1, whose clients read nothing else.
 */
function bodyOf(
  { challengeId, requestId, expiresAt }: OfferedIds,
  problem: Problem,
  offer: string,
  docsUrl: string | undefined,
): string {
  const members = JSON.stringify({
    ...problemMembers(problem, docsUrl),
    challengeId,
    requestId,
    expiresAt: expiresAt.toISOString(),
  })
  return `${members.slice(0, -1)},"paymentRequired":${offer}}`
}

function authenticateOf({ offer }: Terms, { seller }: Settings): string {
  const network = toNetwork(offer.chainId)
  return `x402 realm=${quoted(seller.name)}, version="2", network="${network}", amount="${offer.value}"`
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

/** The longest texts that ever stand in `error`, and an id longer than any we make. */
const longestError = problemOf('AUTHORIZATION_TOO_LONG').title.padEnd(120, '.')
const longestId = 'x'.repeat(128)

function judgePlan(plan: PricedPlan, template: Template, settings: Settings): readonly string[] {
  const { seller, baseUrl, limits } = settings
  const url = `${baseUrl}${paths.access}`
  const longestUrl = `${url}?${'x'.repeat(limits.maxQueryLength)}`
  const parts = { challengeId: longestId, error: longestError }
  try {
    encodePaymentRequired(template.message({ ...parts, url: longestUrl }))
  } catch (cause) {
    if (!WireError.is(cause)) throw cause
    const facts = { plan: plan.planId, problem: cause.message }
    throw new Key0Error('CONFIG_INVALID', { facts, cause })
  }
  const large = isHeaderLarge(btoa(template.text({ ...parts, url })))
  const dear = plan.unitAmountRaw > 10n ** BigInt(seller.token.decimals)
  return [
    ...(large
      ? [`Plan "${plan.planId}": its 402 is over 4 KiB, which some proxies cut; shorten the text.`]
      : []),
    ...(dear
      ? [
          `Plan "${plan.planId}" costs more than 1 ${seller.token.symbol}: @x402 clients from 2.23` +
            ' refuse it unless their owner raises maxAmountPerPayment.',
        ]
      : []),
  ]
}

import type { Checkout } from '@key0/checkout'
import type { Settings } from './HttpOptions.ts'
import type { OfferWriter } from './offer/createOfferWriter.ts'
import type { HttpProblem } from './problem.ts'

/** What every route is given besides its request. */
export type Context = {
  readonly settings: Settings
  readonly checkout: Checkout
  readonly offers: OfferWriter
  /** Tells the observer of a problem, if it is one of ours (from 500 up). */
  readonly report: (problem: HttpProblem, where: Where, cause: unknown) => void
}

/** What a request asked for, as it may be repeated to whoever asked. */
export type Where = Pick<URL, 'pathname' | 'search'>

/** The paths at which things are sold. A path that only looks like one of them is not one. */
export const paths = {
  access: '/x402/access',
  proof: '/x402/proof',
  /** A challenge's id follows. */
  challenges: '/x402/challenges/',
} as const

import type { Checkout } from '@key0/checkout'
import type { PaymentRequirements } from '@key0/x402'
import { paths } from '../Context.ts'
import type { Settings } from '../HttpOptions.ts'
import { type DocumentName, documentPaths, isServed, type Surface } from './Discovery.ts'

/** Something for sale, with its price as the 402 will ask it. */
export type Ware = {
  readonly planId: string
  /** As the seller wrote it, such as `"$0.10"`. */
  readonly unitAmount: string
  /** In whole units of the token, such as `"0.1"`. */
  readonly price: string
  readonly description?: string
  readonly accepts: PaymentRequirements
}

/** All that the documents say. Every one of them is written from this and nothing else. */
export type Shop = {
  readonly seller: Settings['seller']
  readonly baseUrl: string
  readonly maxTimeoutSeconds: number
  /** At least one: the catalog insists. */
  readonly wares: readonly Ware[]
  readonly accessUrl: string
  readonly proofUrl: string
  readonly surfaces: readonly Surface[]
  /** The address of a document, unless it is switched off. */
  readonly urlOf: (name: DocumentName) => string | undefined
}

/** Reads what is for sale off the one catalog, through the same function as every offer. */
export function describeShop({ discovery }: Settings, checkout: Checkout): Shop {
  const { engine, seller, baseUrl, maxTimeoutSeconds } = checkout
  const wares = engine.catalog.plans.map((plan) => {
    const { planId, unitAmount, unitAmountRaw, description } = plan
    return {
      planId,
      unitAmount,
      price: toDecimal(unitAmountRaw, seller.token.decimals),
      ...(description !== undefined && { description }),
      accepts: checkout.quote(plan),
    }
  })
  return {
    seller,
    baseUrl,
    maxTimeoutSeconds,
    wares,
    accessUrl: `${baseUrl}${paths.access}`,
    proofUrl: `${baseUrl}${paths.proof}`,
    surfaces: discovery.surfaces ?? [],
    urlOf: (name) => (isServed(name, discovery) ? `${baseUrl}${documentPaths[name]}` : undefined),
  }
}

/** An integer amount written with its decimal point, without zeros at its end. */
function toDecimal(raw: bigint, decimals: number): string {
  const digits = `${raw}`.padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

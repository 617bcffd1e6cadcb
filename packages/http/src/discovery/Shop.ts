import type { Checkout } from '@key0/checkout'
import { type Address, type CatalogRoute, isPriced, type PricedRoute } from '@key0/core'
import { type PaymentRequirements, toNetwork, toV1Network } from '@key0/x402'
import { paths } from '../Context.ts'
import type { Settings } from '../HttpOptions.ts'
import { type DocumentName, documentPaths, isServed, type Surface } from './Discovery.ts'

/** A price, as the 402 will ask it. */
export type Price = {
  /** As the seller wrote it, such as `"$0.10"`. */
  readonly unitAmount: string
  /** In whole units of the token, such as `"0.1"`. */
  readonly price: string
  readonly accepts: PaymentRequirements
}

/** A plan, bought at one address whatever it is. */
export type PlanWare = Price & {
  readonly planId: string
  readonly description?: string
  /** JSON Schema of the request that buys it, where its seller wrote one. */
  readonly inputSchema?: PricedRoute['inputSchema']
  readonly outputSchema?: PricedRoute['outputSchema']
}

/** A request that is answered by itself, free or for a price. */
export type RouteWare = {
  readonly route: CatalogRoute
  /** With the names of parameters in it, as the seller wrote the path. */
  readonly url: string
  /** Absent: it is free. */
  readonly priced?: Price
}

/** All that the documents say. Every one of them is written from this and nothing else. */
export type Shop = {
  readonly seller: Settings['seller']
  readonly baseUrl: string
  readonly maxTimeoutSeconds: number
  readonly network: string
  /** x402's name of the way to pay. */
  readonly scheme: Checkout['scheme']
  /** Whether version 1 of x402 is taken at the same addresses. */
  readonly takesV1: boolean
  /** Whose signature receipts bear, where there are any. */
  readonly receiptSigner?: Address
  readonly plans: readonly PlanWare[]
  readonly routes: readonly RouteWare[]
  readonly accessUrl: string
  readonly proofUrl: string
  readonly surfaces: readonly Surface[]
  /** The address of a document, unless it is switched off. */
  readonly urlOf: (name: DocumentName) => string | undefined
}

/**
 * Reads what is for sale off the one catalog, through the same function as every offer.
 *
 * @param mounted routes that the seller's own code has mounted, and has said where
 */
export function describeShop(
  { discovery }: Settings,
  checkout: Checkout,
  mounted: readonly PricedRoute[],
): Shop {
  const { engine, seller, baseUrl, maxTimeoutSeconds, scheme, receiptSigner } = checkout
  const { plans } = engine.catalog
  const routes = [...engine.catalog.routes, ...mounted]
  const quote = (goods: {
    readonly unitAmount: string
    readonly unitAmountRaw: bigint
  }): Price => ({
    unitAmount: goods.unitAmount,
    price: toDecimal(goods.unitAmountRaw, seller.token.decimals),
    accepts: checkout.quote(goods),
  })
  return {
    seller,
    baseUrl,
    maxTimeoutSeconds,
    network: toNetwork(seller.chainId),
    scheme,
    takesV1: scheme === 'exact' && toV1Network(seller.chainId) !== undefined,
    ...(receiptSigner && { receiptSigner }),
    plans: plans.map((plan) => ({
      planId: plan.planId,
      ...(plan.description !== undefined && { description: plan.description }),
      ...(plan.inputSchema && { inputSchema: plan.inputSchema }),
      ...(plan.outputSchema && { outputSchema: plan.outputSchema }),
      ...quote(plan),
    })),
    routes: routes.map((route) => ({
      route,
      url: `${baseUrl}${route.path}`,
      ...(isPriced(route) && { priced: quote(route) }),
    })),
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

import type { Engine, PricedPlan } from '@key0/core'
import type { Sellable } from './extensions/bazaar.ts'
import type { ReceiptOptions } from './extensions/offerReceipt.ts'
import type { PaymentIdentifier } from './extensions/paymentIdentifier.ts'
import { judgeRange, judgeSeller, type Seller } from './Seller.ts'

export type CheckoutOptions = {
  readonly engine: Engine
  readonly seller: Seller
  /**
   * For how long buyers sign, in seconds: 30 to 900, default 300. Never longer than the challenge
   * lives or the engine accepts. Every surface of a deployment must be given the same.
   */
  readonly maxTimeoutSeconds?: number
  /**
   * How many characters the address that an offer names may add to `seller.publicUrl`: an offer
   * whose address could make it too long for a header is refused at the start. Default 1024.
   */
  readonly maxPathLength?: number
  /**
   * Whether payments must carry an id of their buyer's (extension `payment-identifier`), or their
   * requests one. Default `optional`. Payments of version 1 can carry none.
   */
  readonly paymentIdentifier?: PaymentIdentifier
  /** The request that buys a plan, where it is one over HTTP: its offers say how to make it. */
  readonly sellableOf?: (plan: PricedPlan) => Sellable
  /** Whoever is handed a delivered purchase is given a signed receipt for it. Default: none. */
  readonly receipts?: ReceiptOptions
  /** Where a buyer finds out what is for sale; told to whoever names no plan. */
  readonly discoverUrl?: string
}

/** Options with every default filled in. */
export type Settings = {
  readonly engine: Engine
  readonly seller: Seller
  /** `seller.publicUrl` without a slash at its end. */
  readonly baseUrl: string
  readonly maxTimeoutSeconds: number
  readonly maxPathLength: number
  readonly discoverUrl: string | undefined
  readonly paymentIdentifier: PaymentIdentifier
  readonly sellableOf: ((plan: PricedPlan) => Sellable) | undefined
  readonly receipts: ReceiptOptions | undefined
}

export function readOptions(options: CheckoutOptions): Settings {
  const { engine, seller, maxTimeoutSeconds = 300, maxPathLength = 1_024, discoverUrl } = options
  const { paymentIdentifier = 'optional', sellableOf, receipts } = options
  const baseUrl = seller.publicUrl.replace(/\/+$/, '')
  return {
    ...{ engine, seller, baseUrl, maxTimeoutSeconds, maxPathLength, discoverUrl },
    ...{ paymentIdentifier, sellableOf, receipts },
  }
}

/** What is wrong with the options, a sentence each, for the one CONFIG_INVALID of a program. */
export function judgeCheckout(options: CheckoutOptions): readonly string[] {
  const { seller, maxTimeoutSeconds = 300, maxPathLength = 1_024 } = options
  return [
    ...judgeSeller(seller),
    ...judgeRange('maxTimeoutSeconds', maxTimeoutSeconds, 30, 900),
    ...judgeRange('maxPathLength', maxPathLength, 0, 4_096),
  ]
}

import { Key0Error } from '@key0/core'
import type { Checkout } from './Checkout.ts'
import { type CheckoutOptions, judgeCheckout, readOptions } from './CheckoutOptions.ts'
import { createReceipts } from './extensions/offerReceipt.ts'
import { createOffers } from './offer/createOffers.ts'
import { schemeOf } from './offer/requirementsOf.ts'
import { createSale } from './sale/createSale.ts'

/**
 * The decisions that every surface shares: what is offered, which payment is for what, when a
 * buyer may be asked to sign again, and what is said about the money. HTTP, A2A and MCP write
 * them down in their own words.
 *
 * @throws CONFIG_INVALID naming every mistake in the options.
 */
export function createCheckout(options: CheckoutOptions): Checkout {
  const problems = judgeCheckout(options)
  if (problems.length > 0)
    throw new Key0Error('CONFIG_INVALID', { facts: { checkout: problems.join('; ') } })
  const settings = readOptions(options)
  const { engine, seller, baseUrl, maxTimeoutSeconds } = settings
  const offers = createOffers(settings)
  const receiptOf = createReceipts(settings.receipts, baseUrl)
  const sale = createSale(settings, { requirementsOf: offers.requirementsOf, receiptOf })
  const signer = settings.receipts && { receiptSigner: settings.receipts.signer.address }
  const scheme = schemeOf(seller)
  return {
    ...{ engine, seller, baseUrl, maxTimeoutSeconds, scheme, ...signer },
    ...{ receiptOf, ...offers, ...sale },
  }
}

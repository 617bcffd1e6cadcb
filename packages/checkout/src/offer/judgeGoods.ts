import { Key0Error } from '@key0/core'
import { encodePaymentRequired, isHeaderLarge, WireError } from '@key0/x402'
import type { Settings } from '../CheckoutOptions.ts'
import type { Sellable } from '../extensions/bazaar.ts'
import { problemOf } from '../problem.ts'
import type { Seller } from '../Seller.ts'
import type { Template } from './createTemplate.ts'

/** The longest texts that ever stand in `error`, and an id longer than any we make. */
const longestError = problemOf('AUTHORIZATION_TOO_LONG').title.padEnd(120, '.')
const longestId = 'x'.repeat(128)

/** How much an address usually adds to the seller's own. */
const USUAL_PATH = 32

/** What is sold: a plan, or the requests of a route. */
export type Goods = {
  readonly what: 'Plan' | 'Route'
  readonly id: string
  readonly unitAmountRaw: bigint
  readonly description?: string
  readonly mimeType?: string
  /** The method by which it is mostly asked for; absent for what is no request of its own. */
  readonly usualMethod: string | undefined
  /** The request that buys it by a method, as buyers' software is told of it. */
  readonly sellable: (method: string | undefined) => Sellable | undefined
}

/**
 * Sentences about a plan or route that some buyers will not be able to take.
 *
 * @throws CONFIG_INVALID when its offer could be too large for a header, or would not be x402.
 */
export function judgeGoods(
  { what, id, unitAmountRaw }: Goods,
  template: Template,
  { seller, baseUrl, maxPathLength }: Settings,
): readonly string[] {
  const named = { challengeId: longestId, error: longestError }
  const parts = (pathLength: number) => ({ ...named, url: baseUrl + '/'.padEnd(pathLength, 'x') })
  try {
    encodePaymentRequired(template.message(parts(maxPathLength)))
  } catch (cause) {
    if (!WireError.is(cause)) throw cause
    const facts = { [what.toLowerCase()]: id, problem: cause.message }
    throw new Key0Error('CONFIG_INVALID', { facts, cause })
  }
  const usual = parts(Math.min(USUAL_PATH, maxPathLength))
  const large = isHeaderLarge(btoa(template.text(usual)))
  const price = judgePrice(unitAmountRaw, seller.token)
  return [
    ...(large
      ? [`${what} "${id}": its 402 is over 4 KiB, which some proxies cut; shorten the text.`]
      : []),
    ...(price ? [`${what} "${id}" costs more than ${price}`] : []),
  ]
}

/** What public clients pay unless their owner says otherwise: known at the time of writing. */
function judgePrice(amount: bigint, { symbol, decimals }: Seller['token']): string | undefined {
  const unit = 10n ** BigInt(decimals)
  if (amount > unit)
    return (
      `1 ${symbol}: @x402 clients from 2.23 refuse it unless their owner raises` +
      ' maxAmountPerPayment. Sell a smaller piece besides, or tell buyers to raise their limit.'
    )
  if (amount * 10n > unit)
    return (
      `0.10 ${symbol}: x402-fetch and the agents SDK of Cloudflare refuse it unless their owner` +
      ' raises their limit. Sell a smaller piece besides, or tell buyers to raise it.'
    )
  return undefined
}

import { Key0Error } from '@key0/core'
import { encodePaymentRequired, isHeaderLarge, WireError } from '@key0/x402'
import type { Settings } from '../CheckoutOptions.ts'
import { problemOf } from '../problem.ts'
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
  const dear = unitAmountRaw > 10n ** BigInt(seller.token.decimals)
  return [
    ...(large
      ? [`${what} "${id}": its 402 is over 4 KiB, which some proxies cut; shorten the text.`]
      : []),
    ...(dear
      ? [
          `${what} "${id}" costs more than 1 ${seller.token.symbol}: @x402 clients from 2.23` +
            ' refuse it unless their owner raises maxAmountPerPayment.',
        ]
      : []),
  ]
}

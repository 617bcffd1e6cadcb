import {
  type PaymentRequired,
  type PaymentRequirements,
  toChainId,
  toV1Network,
  type V1PaymentRequirements,
} from '@key0/x402'
import type { OfferParts } from '../Checkout.ts'
import type { Extensions } from '../extensions/Extensions.ts'
import type { Seller } from '../Seller.ts'
import { requirementsOf, type Terms } from './requirementsOf.ts'

/** What is known of an offer before anybody asks for it. */
export type Template = {
  readonly terms: Terms
  /** The offer as JSON in ASCII, so that it can stand in a body and be base64-encoded as it is. */
  readonly text: (of: NamedParts) => string
  /** The offer as data; `text` is this, written out. */
  readonly message: (of: MaybeNamedParts) => PaymentRequired
  /** The same offer as version 1 writes it, as JSON in ASCII; absent where it has no name for the
   * chain. */
  readonly v1Text: ((of: OfferParts) => string) | undefined
}

type NamedParts = OfferParts & { readonly challengeId: string }

/** Parts of an offer that may leave out which challenge it is for. */
type MaybeNamedParts = OfferParts & { readonly challengeId: string | undefined }

/** What is sold, as far as it is the same for everybody who asks. */
export type Described = {
  readonly description?: string | undefined
  readonly mimeType: string
  readonly extensions: Extensions
  /** What version 1 says of request and response. */
  readonly outputSchema: V1PaymentRequirements['outputSchema'] | undefined
}

/**
 * Writes down once what all offers of one thing have in common. Issuing a challenge is the one
 * thing anybody may ask for without paying, so it must cost us next to nothing.
 */
export function createTemplate(described: Described, terms: Terms, seller: Seller): Template {
  const { description, mimeType, extensions } = described
  const label = /^[\x20-\x7e]{1,32}$/.test(seller.name)
  const resource = {
    ...(description !== undefined && { description }),
    mimeType,
    ...(label && { serviceName: seller.name }),
  }
  // The id comes last in its object, so all the rest is fixed text around it.
  const fixed = JSON.stringify({
    resource: { url: '', ...resource },
    extensions,
    accepts: [requirementsOf(terms, '', seller)],
  })
  const opening = '{"resource":{"url":"'
  const closing = '"}}]}'
  const middle = toAscii(fixed.slice(opening.length, -closing.length))
  return {
    terms,
    text: ({ url, challengeId, error }) =>
      `{"x402Version":2,"error":${toJson(error)},"resource":{"url":${toJson(url).slice(0, -1)}` +
      `${middle}${toJson(challengeId).slice(1, -1)}${closing}`,
    message: ({ url, challengeId, error }) => ({
      x402Version: 2,
      error,
      resource: { url, ...resource },
      extensions,
      accepts: [requirementsOf(terms, challengeId, seller)],
    }),
    v1Text: writeV1(described, requirementsOf(terms, undefined, seller)),
  }
}

/** `description` is always there, and no `outputSchema: null`: version 1 clients insist on both. */
function writeV1(
  { description = '', mimeType, outputSchema }: Described,
  { scheme, network, amount, payTo, maxTimeoutSeconds, asset, extra }: PaymentRequirements,
): Template['v1Text'] {
  const name = toV1Network(toChainId(network))
  if (name === undefined) return undefined
  const accepted: Omit<V1PaymentRequirements, 'resource'> = {
    ...{ scheme, network: name, maxAmountRequired: amount, description, mimeType },
    ...(outputSchema && { outputSchema }),
    ...{ payTo, maxTimeoutSeconds, asset },
    extra: { name: extra?.name, version: extra?.version },
  }
  const fixed = toAscii(JSON.stringify(accepted).slice(1))
  return ({ url, error }) =>
    `{"x402Version":1,"error":${toJson(error)},"accepts":[{"resource":${toJson(url)},${fixed}]}`
}

const toJson = (text: string): string => toAscii(JSON.stringify(text))

const beyondAscii = /[\u007f-\uffff]/

/** The same JSON with everything beyond ASCII escaped (RFC 8259 section 7). */
export function toAscii(json: string): string {
  if (!beyondAscii.test(json)) return json
  return json.replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

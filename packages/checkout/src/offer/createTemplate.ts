import type { PaymentRequired } from '@key0/x402'
import type { OfferParts } from '../Checkout.ts'
import type { Seller } from '../Seller.ts'
import { requirementsOf, type Terms } from './requirementsOf.ts'

/** What is known of an offer before anybody asks for it. */
export type Template = {
  readonly terms: Terms
  /** The offer as JSON in ASCII, so that it can stand in a body and be base64-encoded as it is. */
  readonly text: (of: NamedParts) => string
  /** The offer as data; `text` is this, written out. */
  readonly message: (of: MaybeNamedParts) => PaymentRequired
}

type NamedParts = OfferParts & { readonly challengeId: string }

/** Parts of an offer that may leave out which challenge it is for. */
type MaybeNamedParts = OfferParts & { readonly challengeId: string | undefined }

/** What is sold, as far as it is the same for everybody who asks. */
export type Described = { readonly description?: string | undefined; readonly mimeType: string }

/**
 * Writes down once what all offers of one thing have in common. Issuing a challenge is the one
 * thing anybody may ask for without paying, so it must cost us next to nothing.
 */
export function createTemplate(
  { description, mimeType }: Described,
  terms: Terms,
  seller: Seller,
): Template {
  const label = /^[\x20-\x7e]{1,32}$/.test(seller.name)
  const resource = {
    ...(description !== undefined && { description }),
    mimeType,
    ...(label && { serviceName: seller.name }),
  }
  // The id comes last in its object, so all the rest is fixed text around it.
  const fixed = JSON.stringify({
    resource: { url: '', ...resource },
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
      accepts: [requirementsOf(terms, challengeId, seller)],
    }),
  }
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

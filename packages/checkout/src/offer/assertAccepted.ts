import { type ErrorCode, Key0Error } from '@key0/core'
import { type PaymentRequirements, requirementsMatch } from '@key0/x402'

/** The fields with a code of their own, the most telling first. */
const codes = [
  ['scheme', 'PAYMENT_SCHEME_UNSUPPORTED'],
  ['network', 'PAYMENT_NETWORK_MISMATCH'],
  ['asset', 'PAYMENT_ASSET_MISMATCH'],
  ['payTo', 'PAYMENT_PAYEE_MISMATCH'],
  ['amount', 'PAYMENT_VALUE_MISMATCH'],
] as const satisfies readonly (readonly [keyof PaymentRequirements, ErrorCode])[]

/**
 * Refuses a payment whose `accepted` is not what we offered. The signed authorization is what
 * moves money and is checked by the engine; this catches a client that misread the offer, before
 * anything else is done with its signature.
 *
 * @throws PAYMENT_*_MISMATCH, PAYMENT_SCHEME_UNSUPPORTED, or PAYMENT_OFFER_MISMATCH with the paths
 * that differ.
 */
export function assertAccepted(offered: PaymentRequirements, accepted: PaymentRequirements): void {
  const differing = requirementsMatch(offered, accepted)
  if (differing.length === 0) return
  const [field, code] = codes.find(([name]) => differing.includes(`$.${name}`)) ?? []
  throw new Key0Error(code ?? 'PAYMENT_OFFER_MISMATCH', {
    facts: {
      fields: differing.map((path) => path.replace('$', '$.accepted')).join(', '),
      ...(field !== undefined && { expected: offered[field] }),
    },
  })
}

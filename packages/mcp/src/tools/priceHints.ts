import type { PaymentRequirements } from '@key0/x402'

/** Whatever has a price, as its seller wrote it. */
type Goods = { readonly unitAmount: string }

/**
 * What clients look for in `tools/list` before they call: Cloudflare's show the price to whoever
 * confirms, and mcpc signs `x402` before it was ever asked. A price is only told where everything
 * has the same one.
 */
export function priceHints(
  wares: readonly { readonly goods: Goods; readonly terms: PaymentRequirements }[],
): Readonly<Record<string, unknown>> {
  const [first, ...rest] = wares
  const isOnePrice = rest.every(({ terms }) => terms.amount === first?.terms.amount)
  if (!first || !isOnePrice) return { 'agents-x402/paymentRequired': true }
  return {
    'agents-x402/paymentRequired': true,
    // A number because that is what its readers print; nothing is ever computed from it.
    'agents-x402/priceUSD': toNumber(first.goods.unitAmount),
    x402: { paymentRequired: true, ...first.terms },
  }
}

function toNumber(unitAmount: string): number {
  return Number(unitAmount.replace('$', ''))
}

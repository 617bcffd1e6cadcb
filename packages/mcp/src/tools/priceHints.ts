import type { PricedPlan } from '@key0/core'
import type { PaymentRequirements } from '@key0/x402'

/**
 * What clients look for in `tools/list` before they call: Cloudflare's show the price to whoever
 * confirms. A price is only told where all plans have the same one.
 */
export function priceHints(
  wares: readonly { readonly plan: PricedPlan; readonly terms: PaymentRequirements }[],
): Readonly<Record<string, unknown>> {
  const [first, ...rest] = wares
  const isOnePrice = rest.every(({ terms }) => terms.amount === first?.terms.amount)
  return {
    'agents-x402/paymentRequired': true,
    // A number because that is what its readers print; nothing is ever computed from it.
    ...(first && isOnePrice && { 'agents-x402/priceUSD': toNumber(first.plan.unitAmount) }),
  }
}

function toNumber(unitAmount: string): number {
  return Number(unitAmount.replace('$', ''))
}

import { announceInBazaar, type Extensions } from '@key0/checkout'
import type { PricedPlan } from '@key0/core'

/** How a plan is bought, in its offer, where its seller says what goes in or comes out. */
export function describePlan({ planId, inputSchema, outputSchema }: PricedPlan): Extensions {
  if (inputSchema === undefined && outputSchema === undefined) return {}
  const input = inputSchema ?? {
    type: 'object',
    properties: { planId: { type: 'string', const: planId } },
    required: ['planId'],
    examples: [{ planId }],
  }
  return announceInBazaar({
    method: 'POST',
    inputSchema: input,
    ...(outputSchema && { outputSchema }),
  })
}

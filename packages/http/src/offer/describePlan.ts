import type { Sellable } from '@key0/checkout'
import type { PricedPlan } from '@key0/core'

/** The request that buys a plan, as its offers tell buyers' software. */
export function describePlan({ planId, inputSchema, outputSchema }: PricedPlan): Sellable {
  const ours = {
    type: 'object',
    properties: { planId: { type: 'string', const: planId } },
    required: ['planId'],
    examples: [{ planId }],
  }
  return {
    method: 'POST',
    inputSchema: inputSchema ?? ours,
    ...(outputSchema && { outputSchema }),
  }
}

import { writeResult } from '../answer/writeResult.ts'
import type { Context } from '../Context.ts'
import { requestAccessName } from './requestAccess.ts'
import type { Tool } from './Tool.ts'

/** `discover_plans`: what is for sale, and what an offer for it will ask. Free. */
export function discoverPlans({ checkout }: Context): Tool {
  const { engine, seller, baseUrl, maxTimeoutSeconds } = checkout
  const { name, description, payTo, token } = seller
  const plans = engine.catalog.plans.map((plan) => ({
    planId: plan.planId,
    unitAmount: plan.unitAmount,
    ...(plan.description !== undefined && { description: plan.description }),
    accepts: [checkout.quote(plan)],
  }))
  const found = writeResult({
    service: { name, ...(description !== undefined && { description }), url: baseUrl },
    x402Version: 2,
    network: plans[0]?.accepts[0]?.network,
    asset: token,
    payTo,
    maxTimeoutSeconds,
    plans,
    buy: { tool: requestAccessName, arguments: { planId: plans[0]?.planId } },
  })
  return {
    listing: {
      name: 'discover_plans',
      title: 'What is for sale',
      description: 'Lists what is for sale here, with prices and how to pay. Free.',
      inputSchema: { type: 'object', properties: {} },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    answer: async () => found,
  }
}

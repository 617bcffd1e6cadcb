import { isPriced } from '@key0/core'
import { toNetwork } from '@key0/x402'
import { writeResult } from '../answer/writeResult.ts'
import type { Context } from '../Context.ts'
import { requestAccessName } from './requestAccess.ts'
import type { Tool } from './Tool.ts'

/** `discover_plans`: what is for sale, and what an offer for it will ask. Free. */
export function discoverPlans(
  { checkout }: Context,
  routeTools: ReadonlyMap<string, string>,
): Tool {
  const { engine, seller, baseUrl, maxTimeoutSeconds } = checkout
  const { name, description, payTo, token } = seller
  const plans = engine.catalog.plans.map((plan) => ({
    planId: plan.planId,
    unitAmount: plan.unitAmount,
    ...(plan.description !== undefined && { description: plan.description }),
    accepts: [checkout.quote(plan)],
  }))
  const [first] = plans
  const routes = engine.catalog.routes.filter(isPriced).map((route) => ({
    routeId: route.routeId,
    // Absent: it is bought over HTTP, at its own address.
    tool: routeTools.get(route.routeId),
    ...{ method: route.method, url: `${baseUrl}${route.path}`, unitAmount: route.unitAmount },
    ...(route.description !== undefined && { description: route.description }),
    accepts: [checkout.quote(route)],
  }))
  const found = writeResult({
    service: { name, ...(description !== undefined && { description }), url: baseUrl },
    x402Version: 2,
    network: toNetwork(seller.chainId),
    asset: token,
    payTo,
    maxTimeoutSeconds,
    plans,
    routes,
    ...(first && { buy: { tool: requestAccessName, arguments: { planId: first.planId } } }),
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

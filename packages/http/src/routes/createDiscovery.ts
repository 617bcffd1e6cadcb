import { toNetwork } from '@key0/x402'
import { cors } from '../answer/respond.ts'
import { paths } from '../Context.ts'
import type { Settings } from '../HttpOptions.ts'

/** `GET /discover`: what is for sale and how to buy it. Prices come from the engine's catalog. */
export function createDiscovery(settings: Settings): () => Response {
  const { engine, seller, baseUrl, maxTimeoutSeconds } = settings
  const { name, description, chainId, payTo, token, explorerUrl } = seller
  const plans = engine.catalog.plans.map((plan) => ({
    planId: plan.planId,
    unitAmount: plan.unitAmount,
    amount: `${plan.unitAmountRaw}`,
    ...(plan.description !== undefined && { description: plan.description }),
  }))
  const document = JSON.stringify({
    service: { name, ...(description !== undefined && { description }), url: baseUrl },
    x402Version: 2,
    scheme: 'exact',
    network: toNetwork(chainId),
    asset: token,
    payTo,
    maxTimeoutSeconds,
    ...(explorerUrl !== undefined && { explorerUrl }),
    plans,
    buy: {
      method: 'POST',
      path: paths.access,
      url: `${baseUrl}${paths.access}`,
      headers: { 'content-type': 'application/json' },
      body: { planId: plans[0]?.planId },
    },
    proof: {
      method: 'POST',
      path: paths.proof,
      url: `${baseUrl}${paths.proof}`,
      headers: { 'content-type': 'application/json' },
    },
  })
  // A price must not be quoted from a cache once it has changed.
  const headers = { ...cors, 'content-type': 'application/json', 'cache-control': 'no-cache' }
  return () => new Response(document, { status: 200, headers })
}

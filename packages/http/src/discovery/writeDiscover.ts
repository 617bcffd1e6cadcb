import { paths } from '../Context.ts'
import type { RouteWare, Shop } from './Shop.ts'

/** `/discover`: what is for sale and how to buy it. */
export function writeDiscover(shop: Shop): string {
  const { seller, baseUrl, maxTimeoutSeconds, network, accessUrl, proofUrl, surfaces, urlOf } = shop
  const { receiptSigner } = shop
  const { name, description, token, payTo, explorerUrl } = seller
  const plans = shop.plans.map(({ planId, unitAmount, description, accepts }) => ({
    planId,
    unitAmount,
    amount: accepts.amount,
    ...(description !== undefined && { description }),
  }))
  const [first] = plans
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } }
  return JSON.stringify({
    service: { name, ...(description !== undefined && { description }), url: baseUrl },
    x402Version: 2,
    scheme: 'exact',
    network,
    asset: token,
    payTo,
    maxTimeoutSeconds,
    ...(explorerUrl !== undefined && { explorerUrl }),
    ...(receiptSigner !== undefined && { receiptSigner }),
    plans,
    routes: shop.routes.map(writeRoute),
    ...(first && {
      buy: { ...post, path: paths.access, url: accessUrl, body: { planId: first.planId } },
    }),
    proof: { ...post, path: paths.proof, url: proofUrl },
    surfaces,
    documents: {
      llms: urlOf('llms'),
      skills: urlOf('skills'),
      x402: urlOf('wellKnown'),
      openapi: urlOf('openapi'),
      tokenInfo: urlOf('tokenInfo'),
    },
  })
}

/** A route without an amount is free. */
function writeRoute({ route, url, priced }: RouteWare): object {
  const { routeId, method, path, description, mimeType, inputSchema, outputSchema } = route
  return {
    ...{ routeId, method, path, url },
    ...(priced && { unitAmount: priced.unitAmount, amount: priced.accepts.amount }),
    ...{ description, mimeType, inputSchema, outputSchema },
  }
}

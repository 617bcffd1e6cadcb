import { headerNames } from '@key0/x402'
import { paths } from '../Context.ts'
import { idempotencyKeyHeader } from '../request/readIdempotencyKey.ts'
import { proofHeader } from '../request/readTransfer.ts'
import type { RouteWare, Shop } from './Shop.ts'

/** `/discover`: what is for sale and how to buy it. */
export function writeDiscover(shop: Shop): string {
  const { seller, baseUrl, maxTimeoutSeconds, network, accessUrl, proofUrl, surfaces, urlOf } = shop
  const { receiptSigner, scheme } = shop
  const { name, description, token, payTo, explorerUrl } = seller
  const plans = shop.plans.map(({ accepts, price: _, ...plan }) => ({
    ...{ planId: plan.planId, unitAmount: plan.unitAmount, amount: accepts.amount },
    ...plan,
  }))
  const [first] = plans
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } }
  return JSON.stringify({
    service: { name, ...(description !== undefined && { description }), url: baseUrl },
    x402Version: 2,
    scheme,
    network,
    asset: token,
    payTo,
    maxTimeoutSeconds,
    headers: writeHeaders(shop),
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

/** The request headers that buy something, and the one that names a single request. */
function writeHeaders({ scheme, takesV1, routes }: Shop): object {
  const requests = routes.some(({ priced }) => priced !== undefined)
  return {
    ...(scheme === 'exact' && { payment: headerNames.paymentSignature }),
    ...(takesV1 && { paymentV1: headerNames.v1Payment }),
    ...(requests && { proof: proofHeader, idempotencyKey: idempotencyKeyHeader }),
  }
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

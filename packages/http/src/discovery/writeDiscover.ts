import { paths } from '../Context.ts'
import type { Shop } from './Shop.ts'

/** `/discover`: what is for sale and how to buy it. */
export function writeDiscover(shop: Shop): string {
  const { seller, baseUrl, maxTimeoutSeconds, wares, accessUrl, proofUrl, surfaces, urlOf } = shop
  const { name, description, token, payTo, explorerUrl } = seller
  const plans = wares.map(({ planId, unitAmount, description, accepts }) => ({
    planId,
    unitAmount,
    amount: accepts.amount,
    ...(description !== undefined && { description }),
  }))
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } }
  return JSON.stringify({
    service: { name, ...(description !== undefined && { description }), url: baseUrl },
    x402Version: 2,
    scheme: 'exact',
    network: wares[0]?.accepts.network,
    asset: token,
    payTo,
    maxTimeoutSeconds,
    ...(explorerUrl !== undefined && { explorerUrl }),
    plans,
    buy: { ...post, path: paths.access, url: accessUrl, body: { planId: plans[0]?.planId } },
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

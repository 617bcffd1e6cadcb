import { AgentCard, type AgentExtension, type AgentInterface } from '@a2a-js/sdk'
import type { Checkout } from '@key0/checkout'
import { isPriced, type PricedRoute } from '@key0/core'
import { toNetwork } from '@key0/x402'
import type { Settings } from '../A2aOptions.ts'
import { x402Extensions } from '../extensions.ts'
import { listSkills } from './listSkills.ts'

/** The agent card. What is for sale stands in the parameters of the x402 extension. */
export function createCard(settings: Settings): AgentCard {
  const { checkout, provider, path, version } = settings
  const { seller, baseUrl } = checkout
  const at = (protocolVersion: string): AgentInterface => ({
    ...{ url: `${baseUrl}${path}`, protocolBinding: 'JSONRPC', tenant: '', protocolVersion },
  })
  return {
    name: seller.name,
    description: seller.description ?? seller.name,
    supportedInterfaces: [at('1.0'), at('0.3')],
    provider,
    version,
    capabilities: {
      streaming: false,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: toExtensions(checkout),
    },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['application/json', 'text/plain'],
    defaultOutputModes: ['application/json', 'text/plain'],
    skills: [...listSkills(settings)],
    signatures: [],
  }
}

/**
 * One document for both generations: a 1.0 client reads `supportedInterfaces`, a 0.3 client `url`,
 * `preferredTransport` and `protocolVersion`, and each ignores the other's fields.
 */
export function writeCard(card: AgentCard): string {
  const url = card.supportedInterfaces[0]?.url
  const legacy = { url, preferredTransport: 'JSONRPC', protocolVersion: '0.3.0' }
  // Both want a list of skills, also of none, which the codec would leave out.
  return JSON.stringify({ skills: [], ...(AgentCard.toJSON(card) as object), ...legacy })
}

/**
 * The older name is the required one: the extension's own library speaks it, and whoever speaks
 * either is served.
 */
function toExtensions(checkout: Checkout): AgentExtension[] {
  const description = 'Payment in USDC by x402, settled on chain before anything is delivered.'
  const params = toPricing(checkout)
  return [
    { uri: x402Extensions.v01, description, required: true, params },
    { uri: x402Extensions.v02, description, required: false, params },
  ]
}

function toPricing({
  engine,
  seller,
  maxTimeoutSeconds,
  scheme,
}: Checkout): Record<string, unknown> {
  const { chainId, payTo, token } = seller
  const routes = engine.catalog.routes.filter(isPriced).map(toPrice)
  return {
    x402Version: 2,
    scheme,
    network: toNetwork(chainId),
    asset: token.address,
    symbol: token.symbol,
    decimals: token.decimals,
    payTo,
    maxTimeoutSeconds,
    plans: engine.catalog.plans.map(({ planId, unitAmount, unitAmountRaw, description }) => ({
      planId,
      unitAmount,
      amount: `${unitAmountRaw}`,
      ...(description !== undefined && { description }),
    })),
    ...(routes.length > 0 && { routes }),
  }
}

/** What a buyer needs to know of a route, and nothing else that its seller may have written there. */
function toPrice(route: PricedRoute): Record<string, unknown> {
  const { routeId, method, path, unitAmount, unitAmountRaw } = route
  const { description, mimeType, inputSchema, outputSchema } = route
  return {
    ...{ routeId, method, path, unitAmount, amount: `${unitAmountRaw}` },
    ...(description !== undefined && { description }),
    ...(mimeType !== undefined && { mimeType }),
    ...(inputSchema && { inputSchema }),
    ...(outputSchema && { outputSchema }),
  }
}

import type { AgentSkill } from '@a2a-js/sdk'
import { isPriced, type PricedPlan, type PricedRoute } from '@key0/core'
import type { Settings } from '../A2aOptions.ts'
import { skillIds } from '../skillIds.ts'

/** What this agent does: it sells plans, and single requests where somebody here answers them. */
export function listSkills({ checkout, backendFor }: Settings): readonly AgentSkill[] {
  const { catalog } = checkout.engine
  const { symbol } = checkout.seller.token
  const routes = backendFor === undefined ? [] : catalog.routes.filter(isPriced)
  const sells = [...sellsPlans(catalog.plans, symbol), ...sellsRoutes(routes, symbol)]
  return sells.length === 0 ? [] : [...sells, takesProof]
}

const json = 'application/json'

const common = {
  inputModes: [json, 'text/plain'],
  outputModes: [json],
  securityRequirements: [],
}

function sellsPlans(plans: readonly PricedPlan[], symbol: string): readonly AgentSkill[] {
  const [first] = plans
  if (first === undefined) return []
  const prices = plans.map(({ planId, unitAmount }) => `${planId} (${unitAmount})`).join(', ')
  return [
    {
      ...common,
      id: skillIds.requestAccess,
      name: 'Request access',
      description:
        `Sells access to a plan, paid in ${symbol}: ${prices}. Takes planId and, if wanted, ` +
        'resourceId and requestId; answers with a task that asks for an x402 payment.',
      tags: ['access', 'payment', 'x402'],
      examples: [JSON.stringify({ planId: first.planId })],
    },
  ]
}

function sellsRoutes(routes: readonly PricedRoute[], symbol: string): readonly AgentSkill[] {
  const [first] = routes
  if (first === undefined) return []
  const prices = routes.map(({ method, path, unitAmount }) => `${method} ${path} (${unitAmount})`)
  const types = routes.map(({ mimeType }) => mimeType ?? json)
  const { method, path } = first
  return [
    {
      ...common,
      id: skillIds.requestResource,
      name: 'Request a resource',
      description:
        `Sells the answer to a single request, paid in ${symbol}: ${prices.join(', ')}. Takes ` +
        'resource, an object with method, path and, if the request has one, body and contentType, ' +
        'and, if wanted, requestId; answers with a task that asks for an x402 payment.',
      tags: ['resource', 'payment', 'x402'],
      examples: [JSON.stringify({ resource: { method, path: withPlaces(path) } })],
      outputModes: [...new Set([json, ...types])],
    },
  ]
}

/** Whoever copies an example as it stands asks for no path there is, and pays for none. */
function withPlaces(path: string): string {
  return path.replace(/:([A-Za-z]\w*)/g, '{$1}').replace(/\*$/, '{rest}')
}

const takesProof: AgentSkill = {
  ...common,
  id: skillIds.submitProof,
  name: 'Submit proof',
  description:
    'Delivers for a transfer that the buyer made itself. Takes txHash and, if asked for, ' +
    'payerSignature, in a message for the task that named the price.',
  tags: ['access', 'payment', 'proof'],
  examples: [JSON.stringify({ skill: skillIds.submitProof, txHash: '0x…' })],
}

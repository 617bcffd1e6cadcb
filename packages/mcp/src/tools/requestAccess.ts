import { malformed, type OfferRequest, type Refused, type Sold } from '@key0/checkout'
import type { PricedPlan } from '@key0/core'
import { writeOffer } from '../answer/writeOffer.ts'
import { writeSale } from '../answer/writeSale.ts'
import type { Context } from '../Context.ts'
import { findPayment, hasPayment } from '../request/findPayment.ts'
import { priceHints } from './priceHints.ts'
import type { Call, Tool } from './Tool.ts'

export const requestAccessName = 'request_access'

/** What an offer of this tool names as paid for (x402 v2, transport MCP). */
const resource = `mcp://tool/${requestAccessName}`

/** The agent id of whoever comes over MCP: nobody has proven to be anybody. */
const clientAgentId = 'x402-mcp'

/**
 * `request_access`: without a payment it names the price, with one it sells. It declares no output
 * schema: clients hold errors against it too, and an offer is an error with content.
 */
export function requestAccess(context: Context): Tool {
  const { checkout } = context
  const { plans } = checkout.engine.catalog
  return {
    listing: {
      name: requestAccessName,
      title: 'Buy a plan',
      description: describe(plans),
      inputSchema: inputSchema(plans),
      annotations: { readOnlyHint: false, idempotentHint: true, openWorldHint: false },
      _meta: priceHints(plans.map((goods) => ({ goods, terms: checkout.quote(goods) }))),
    },
    async answer(call) {
      if (hasPayment(call)) return writeSale(await sell(call, context), { resource, call }, context)
      return writeOffer({ offered: await checkout.offer(readRequest(call)) }, resource, checkout)
    },
  }
}

async function sell(call: Call, { checkout }: Context): Promise<Sold | Refused> {
  try {
    const payment = findPayment(call)
    return await checkout.pay(payment, readRequest(call))
  } catch (error) {
    return checkout.refuse(error)
  }
}

/**
 * Other arguments are dropped, `clientAgentId` among them: an unproven name must not choose the
 * scope in which request ids are unique.
 */
function readRequest({ args }: Call): OfferRequest {
  return {
    clientAgentId,
    ...pick(args, 'planId'),
    ...pick(args, 'requestId'),
    ...pick(args, 'resourceId'),
  }
}

function pick<name extends 'planId' | 'requestId' | 'resourceId'>(
  args: Call['args'],
  name: name,
): { readonly [key in name]?: string } {
  const value = Object.hasOwn(args, name) ? args[name] : undefined
  if (value === undefined || value === null) return {}
  if (typeof value !== 'string') throw malformed(`$.arguments.${name}`, 'text')
  return { [name]: value } as { readonly [key in name]?: string }
}

function describe(plans: readonly PricedPlan[]): string {
  const wares = plans.map(({ planId, unitAmount, description }) =>
    description === undefined
      ? `${planId} (${unitAmount})`
      : `${planId} (${unitAmount}): ${description}`,
  )
  return (
    'Buys a plan with x402. Called without a payment it answers with the price and takes nothing. ' +
    `Plans: ${wares.join('; ')}`
  )
}

function inputSchema(plans: readonly PricedPlan[]): Tool['listing']['inputSchema'] {
  return {
    type: 'object',
    required: ['planId'],
    properties: {
      planId: { type: 'string', enum: plans.map(({ planId }) => planId) },
      requestId: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]{16,128}$',
        description: 'Random. The same id finds the same purchase again, and is charged once.',
      },
      resourceId: { type: 'string', description: 'What the plan is for. Default: "default".' },
    },
  }
}

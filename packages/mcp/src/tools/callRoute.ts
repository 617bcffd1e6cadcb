import type { PricedRoute } from '@key0/core'
import { writeResponse } from '../answer/writeResponse.ts'
import type { Context } from '../Context.ts'
import type { RouteServer } from '../McpOptions.ts'
import { toPaymentHeader } from '../request/toPaymentHeader.ts'
import { hasBody, toTarget, writeInputSchema } from '../request/toTarget.ts'
import { priceHints } from './priceHints.ts'
import type { Call, Tool } from './Tool.ts'

/**
 * A priced route as a tool. A call is the HTTP request that it describes, handed to whoever serves
 * the route with the payment in its header: so it is bound, sold and stored like every other
 * request, and the same payment gets the same answer over HTTP.
 */
export function callRoute(
  route: PricedRoute,
  name: string,
  serve: RouteServer,
  context: Context,
): Tool {
  const { checkout } = context
  const { method, path, description, unitAmount } = route
  return {
    listing: {
      name,
      title: description ?? route.routeId,
      description:
        `${description ?? `${method} ${path}`} Costs ${unitAmount}, paid with x402: called ` +
        'without a payment it answers with the price and takes nothing.',
      inputSchema: writeInputSchema(route),
      // Hosts let a tool that only reads run unasked, and this one spends money.
      annotations: { readOnlyHint: false, ...(method === 'GET' && { destructiveHint: false }) },
      _meta: priceHints([{ goods: route, terms: checkout.quote(route) }]),
    },
    async answer(call) {
      const target = toTarget(route, call.args)
      const request = toRequest(route, call, checkout.baseUrl)
      return writeResponse(await serve({ request, target }), `${checkout.baseUrl}${target}`)
    },
  }
}

function toRequest(route: PricedRoute, call: Call, baseUrl: string): Request {
  const { body } = call.args
  const sent = hasBody(route) && body !== undefined && { body: JSON.stringify(body) }
  // The target says which request it is; an address would be rewritten on the way.
  return new Request(`${new URL(baseUrl).origin}/`, {
    method: route.method,
    headers: {
      accept: '*/*',
      ...(sent && { 'content-type': 'application/json' }),
      ...toPaymentHeader(call),
    },
    ...sent,
  })
}

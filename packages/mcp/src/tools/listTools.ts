import { nameRoutes } from '@key0/checkout'
import { isPriced } from '@key0/core'
import type { Context } from '../Context.ts'
import type { RouteServer } from '../McpOptions.ts'
import { callRoute } from './callRoute.ts'
import { discoverPlans } from './discoverPlans.ts'
import { requestAccess } from './requestAccess.ts'
import type { Tool } from './Tool.ts'

/** Every tool there is: plans are bought by one, and each priced route is one where it is served. */
export function listTools(context: Context, serve: RouteServer | undefined): readonly Tool[] {
  const { plans, routes } = context.checkout.engine.catalog
  const names = nameRoutes(routes)
  // The names that the routes have in the OpenAPI document.
  const nameOf = (routeId: string): string => `route_${names.get(routeId)}`
  const priced = serve ? routes.filter(isPriced) : []
  return [
    discoverPlans(context, new Map(priced.map(({ routeId }) => [routeId, nameOf(routeId)]))),
    ...(plans.length > 0 ? [requestAccess(context)] : []),
    ...(serve
      ? priced.map((route) => callRoute(route, nameOf(route.routeId), serve, context))
      : []),
  ]
}

import { Key0Error } from '../errors/Key0Error.ts'
import { parsePrice } from '../money/Units.ts'
import { concernsRoute } from './concernsRoute.ts'
import { matchRoute, type RouteMatch } from './matchRoute.ts'
import type { Plan } from './Plan.ts'
import type { CatalogRoute, Route } from './Route.ts'
import { ID, ID_EXPECTED, readRoutes } from './readRoutes.ts'

/** A plan with its price read. */
export type PricedPlan = Plan & { readonly unitAmountRaw: bigint }

/** Everything on sale. Prices everywhere come from here and nowhere else. */
export type Catalog = {
  readonly plans: readonly PricedPlan[]
  /** @throws PLAN_UNKNOWN, naming the plans there are and not the one that was asked for. */
  find(planId: string): PricedPlan
  readonly routes: readonly CatalogRoute[]
  findRoute(routeId: string): CatalogRoute | undefined
  /** @param target the request's target, byte for byte as it stood in the request */
  match(method: string, target: string): RouteMatch
  /**
   * Whether a path is a route's, or might be taken for one: it is then `match`'s to answer, also by
   * refusing it. All others are free for whoever else is at the same address.
   */
  concerns(path: string): boolean
}

/**
 * Reads a seller's plans and routes.
 *
 * @throws CONFIG_INVALID naming every mistake at once: a missing or repeated id, an amount that
 * is no price, a path that is no pattern or is ambiguous beside another, nothing at all.
 */
export function createCatalog(
  plans: readonly Plan[],
  decimals: number,
  routes: readonly Route[] = [],
): Catalog {
  const { byId, problems } = readPlans(plans, decimals)
  const sold = readRoutes(routes, decimals, new Set(byId.keys()))
  if (plans.length === 0 && routes.length === 0) problems.push('at least one plan is needed')
  const facts = {
    ...(problems.length > 0 && { plans: problems.join('; ') }),
    ...(sold.problems.length > 0 && { routes: sold.problems.join('; ') }),
  }
  if (Object.keys(facts).length > 0) throw new Key0Error('CONFIG_INVALID', { facts })
  const routesById = new Map(sold.read.map(({ route }) => [route.routeId, route]))
  return {
    plans: [...byId.values()],
    find(planId) {
      const plan = byId.get(planId)
      if (plan) return plan
      const known = [...byId.keys()].join(', ')
      throw new Key0Error('PLAN_UNKNOWN', { facts: { field: 'planId', known } })
    },
    routes: [...routesById.values()],
    findRoute: (routeId) => routesById.get(routeId),
    match: (method, target) => matchRoute(sold.read, method, target),
    concerns: (path) => concernsRoute(sold.read, path),
  }
}

function readPlans(
  plans: readonly Plan[],
  decimals: number,
): { readonly byId: ReadonlyMap<string, PricedPlan>; readonly problems: string[] } {
  const problems: string[] = []
  const byId = new Map<string, PricedPlan>()
  for (const [index, plan] of plans.entries()) {
    const name = `plans[${index}]`
    if (typeof plan?.planId !== 'string' || !ID.test(plan.planId)) {
      problems.push(`${name}.planId must be ${ID_EXPECTED}`)
      continue
    }
    if (byId.has(plan.planId)) problems.push(`${name}.planId "${plan.planId}" is there twice`)
    if (plan.description !== undefined && typeof plan.description !== 'string')
      problems.push(`${name}.description must be text`)
    try {
      byId.set(plan.planId, { ...plan, unitAmountRaw: parsePrice(`${plan.unitAmount}`, decimals) })
    } catch {
      problems.push(
        `${name}.unitAmount must be like "$0.10", above zero, with at most ${decimals} decimals`,
      )
    }
  }
  return { byId, problems }
}

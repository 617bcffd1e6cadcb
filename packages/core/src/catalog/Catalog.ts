import { Key0Error } from '../errors/Key0Error.ts'
import { parsePrice } from '../money/Units.ts'
import type { Plan } from './Plan.ts'

/** A plan with its price read. */
export type PricedPlan = Plan & { readonly unitAmountRaw: bigint }

/** Every plan on sale, by id. Prices everywhere come from here and nowhere else. */
export type Catalog = {
  readonly plans: readonly PricedPlan[]
  /** @throws PLAN_UNKNOWN, naming the plans there are and not the one that was asked for. */
  find(planId: string): PricedPlan
}

const PLAN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/**
 * Reads a seller's plans.
 *
 * @throws CONFIG_INVALID naming every mistake at once: a missing or repeated id, an amount that
 * is no price, no plan at all.
 */
export function createCatalog(plans: readonly Plan[], decimals: number): Catalog {
  const problems: string[] = plans.length === 0 ? ['at least one plan is needed'] : []
  const byId = new Map<string, PricedPlan>()
  for (const [index, plan] of plans.entries()) {
    const name = `plans[${index}]`
    if (typeof plan?.planId !== 'string' || !PLAN_ID.test(plan.planId)) {
      problems.push(`${name}.planId must be 1 to 64 letters, digits, dots, dashes or underscores`)
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
  if (problems.length > 0)
    throw new Key0Error('CONFIG_INVALID', { facts: { plans: problems.join('; ') } })
  return {
    plans: [...byId.values()],
    find(planId) {
      const plan = byId.get(planId)
      if (plan) return plan
      const known = [...byId.keys()].join(', ')
      throw new Key0Error('PLAN_UNKNOWN', { facts: { field: 'planId', known } })
    },
  }
}

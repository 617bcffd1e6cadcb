import type { Refused } from '@key0/checkout'
import type { Context } from '../Context.ts'
import { withStatus } from '../problem.ts'
import { settlementHeader } from './settlementHeader.ts'
import { writeProblem } from './writeProblem.ts'
import type { Paid } from './writeSale.ts'

/** Answers a payment, or a proof of one, that did not end in a grant. */
export function writeRefusal(refused: Refused, { url, dialect }: Paid, context: Context): Response {
  const { offered, settlement, cause } = refused
  const problem = withStatus(refused.problem)
  context.report(problem, url, cause)
  const headers = settlementHeader(settlement, dialect)
  return offered
    ? context.offers(offered, url, problem, headers)
    : writeProblem(problem, context.settings.seller, headers)
}

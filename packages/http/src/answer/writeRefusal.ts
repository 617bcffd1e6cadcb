import type { Refused } from '@key0/checkout'
import { encodeSettlementResponse } from '@key0/x402'
import type { Context } from '../Context.ts'
import { withStatus } from '../problem.ts'
import { writeProblem } from './writeProblem.ts'

/** Answers a payment, or a proof of one, that did not end in a grant. */
export function writeRefusal(refused: Refused, url: URL, context: Context): Response {
  const { offered, settlement, cause } = refused
  const problem = withStatus(refused.problem)
  context.report(problem, url, cause)
  const headers = { 'payment-response': encodeSettlementResponse(settlement) }
  return offered
    ? context.offers(offered, url, problem, headers)
    : writeProblem(problem, context.settings.seller, headers)
}

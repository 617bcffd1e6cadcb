import type { Seller } from '@key0/checkout'
import { type HttpProblem, httpProblemOf, problemMembers, retryAfterSeconds } from '../problem.ts'
import { type HeaderRecord, problemHeaders } from './respond.ts'

/** Tells a client when to come back, where coming back unchanged can help. */
function retryHeaders({ retry }: HttpProblem): HeaderRecord {
  return retry === 'later' ? { 'retry-after': `${retryAfterSeconds}` } : {}
}

/**
 * Writes a problem as `application/problem+json` (RFC 9457) with the members `code`, `retry` and
 * `facts` besides. A 402 without an offer would leave a buyer with nothing to sign, so none is
 * ever written here: it would be a mistake of ours.
 */
export function writeProblem(
  problem: HttpProblem,
  seller: Seller,
  headers: HeaderRecord = {},
): Response {
  const told = problem.status === 402 ? httpProblemOf('INTERNAL') : problem
  return new Response(JSON.stringify(problemMembers(told, seller)), {
    status: told.status,
    headers: { ...problemHeaders, ...retryHeaders(told), ...headers },
  })
}

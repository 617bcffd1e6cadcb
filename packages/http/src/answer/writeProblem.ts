import { type Problem, problemMembers, problemOf, retryAfterSeconds } from '../problem.ts'
import { type HeaderRecord, problemHeaders } from './respond.ts'

/** Tells a client when to come back, where coming back unchanged can help. */
function retryHeaders(problem: Problem): HeaderRecord {
  return problem.retry === 'later' ? { 'retry-after': `${retryAfterSeconds}` } : {}
}

/**
 * Writes a problem as `application/problem+json` (RFC 9457) with the members `code`, `retry` and
 * `facts` besides. A 402 without an offer would leave a buyer with nothing to sign, so none is
 * ever written here: it would be a mistake of ours.
 */
export function writeProblem(
  problem: Problem,
  docsUrl: string | undefined,
  headers: HeaderRecord = {},
): Response {
  const told = problem.status === 402 ? problemOf('INTERNAL') : problem
  return new Response(JSON.stringify(problemMembers(told, docsUrl)), {
    status: told.status,
    headers: { ...problemHeaders, ...retryHeaders(told), ...headers },
  })
}

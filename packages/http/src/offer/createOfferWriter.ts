import type { Checkout } from '@key0/checkout'
import type { Offered } from '@key0/core'
import { type HeaderRecord, jsonHeaders } from '../answer/respond.ts'
import type { Where } from '../Context.ts'
import { type HttpProblem, problemMembers } from '../problem.ts'

/** Writes 402s. */
export type OfferWriter = (
  offered: Offered,
  where: Where,
  problem: HttpProblem,
  headers?: HeaderRecord,
) => Response

/**
 * Prepares what all 402s have in common. They carry no `WWW-Authenticate`: x402 knows none, and
 * clients of other payment protocols take any on a 402 for a challenge of theirs.
 */
export function createOfferWriter(checkout: Checkout): OfferWriter {
  const { baseUrl } = checkout
  return (offered, { pathname, search }, problem, headers) => {
    const parts = { url: `${baseUrl}${pathname}${search}`, error: problem.title }
    const offer = checkout.paymentRequiredText(offered, parts)
    const v1 = checkout.v1PaymentRequiredText(offered, parts)
    return new Response(bodyOf(offered, problem, [offer, v1], checkout), {
      status: 402,
      headers: {
        ...jsonHeaders,
        'payment-required': btoa(offer),
        ...headers,
      },
    })
  }
}

/**
 * The body says in plain JSON what the header says in base64. `x402Version`, `accepts` and `error`
 * at the top level are version 1's, whose clients read nothing else.
 */
function bodyOf(
  { challenge, mayKnowId }: Offered,
  problem: HttpProblem,
  [offer, v1]: readonly [string, string | undefined],
  checkout: Checkout,
): string {
  const { challengeId, requestId, expiresAt } = challenge
  const members = JSON.stringify({
    ...problemMembers(problem, checkout.seller),
    // Absent for somebody who may not know it.
    challengeId: mayKnowId ? challengeId : undefined,
    requestId,
    expiresAt: expiresAt.toISOString(),
  })
  const known = `${members.slice(0, -1)},"paymentRequired":${offer}`
  return v1 === undefined ? `${known}}` : `${known},${v1.slice(1)}`
}

import { type Checkout, type Problem, problemOf } from '@key0/checkout'
import type { Offered } from '@key0/core'
import type { SettlementResponse } from '@key0/x402'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { problemMembers } from './problemMembers.ts'
import { writeResult } from './writeResult.ts'

type Asked = {
  readonly offered: Offered
  /** Why, when not because nobody has paid yet. */
  readonly problem?: Problem
  readonly settlement?: SettlementResponse
}

/**
 * Asks to be paid, in the three dialects that clients read: the content as data, the content as
 * text, and Cloudflare's `x402/error`. Only ever for an offer that the checkout made: whatever
 * software is shown one, signs.
 */
export function writeOffer(
  { offered, problem = problemOf('PAYMENT_REQUIRED'), settlement }: Asked,
  resource: string,
  checkout: Checkout,
): CallToolResult {
  const { challengeId, requestId, expiresAt } = offered.challenge
  const asked = {
    ...checkout.paymentRequired(offered, { url: resource, error: problem.title }),
    ...problemMembers(problem, checkout.seller),
    ...(offered.mayKnowId && { challengeId }),
    requestId,
    expiresAt: expiresAt.toISOString(),
  }
  return {
    ...writeResult(asked),
    isError: true,
    _meta: {
      'x402/error': asked,
      ...(settlement && { 'x402/payment-response': settlement }),
    },
  }
}

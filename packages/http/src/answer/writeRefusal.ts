import { type ChallengeRecord, type ErrorCode, hasOpenIntent } from '@key0/core'
import { encodeSettlementResponse, type SettlementResponse, toNetwork } from '@key0/x402'
import type { Context } from '../Context.ts'
import { errorReasonOf } from '../errorReason.ts'
import { type Problem, problemOf, toProblem } from '../problem.ts'
import { writeProblem } from './writeProblem.ts'

/** Codes that come after the money has moved: the settlement itself succeeded. */
const settledCodes: ReadonlySet<ErrorCode> = new Set(['DELIVERY_PENDING', 'DELIVERY_FAILED'])

/**
 * Answers a payment, or a proof of one, that did not end in a grant.
 *
 * A 402 is written only for a challenge that may still be paid, looked at after the failure: a
 * buyer's software signs again on a 402, and another request may have handed an authorization to
 * the chain in the meantime.
 *
 * @param paid What was paid for, as far as the request came to say.
 */
export async function writeRefusal(
  error: unknown,
  paid: Paid | undefined,
  url: URL,
  { settings, offers, report }: Context,
): Promise<Response> {
  const first = toProblem(error)
  const asks = first.status === 402 || settledCodes.has(first.code)
  const found = asks && paid ? await look(settings, paid.challengeId) : {}
  const problem = found.problem ?? withoutSecondPayment(first, found.challenge)
  report(problem, url, error)
  const headers = {
    'payment-response': encodeSettlementResponse(
      outcomeOf(problem, found.challenge, settings.seller.chainId),
    ),
  }
  if (problem.status !== 402 || !found.challenge)
    return writeProblem(problem, settings.seller.docsUrl, headers)
  const offered = { challenge: found.challenge, mayKnowId: paid?.mayKnowId === true }
  return offers.write(offered, url, problem, headers)
}

/** A challenge, and whether whoever presented something for it may be told its id. */
export type Paid = { readonly challengeId: string; readonly mayKnowId: boolean }

type Found = { readonly challenge?: ChallengeRecord; readonly problem?: Problem }

async function look({ engine }: Context['settings'], challengeId: string): Promise<Found> {
  try {
    return { challenge: await engine.inspect(challengeId) }
  } catch (error) {
    return { problem: toProblem(error) }
  }
}

/** What a refused payment means once its challenge is closed. */
const closedAs = {
  EXPIRED: 'CHALLENGE_EXPIRED',
  CANCELLED: 'CHALLENGE_CANCELLED',
  REFUND_PENDING: 'CHALLENGE_REFUNDING',
  REFUND_FAILED: 'CHALLENGE_REFUNDING',
  REFUNDED: 'CHALLENGE_REFUNDED',
} as const

function withoutSecondPayment(problem: Problem, challenge: ChallengeRecord | undefined): Problem {
  if (problem.status !== 402 || challenge === undefined) return problem
  switch (challenge.state) {
    case 'PENDING':
      return hasOpenIntent(challenge) ? problemOf('SETTLEMENT_PENDING') : problem
    case 'PAID':
    case 'DELIVERED':
      // A wrong signature stays wrong. All else may be the echo of the request that has just paid,
      // and the same request again is told what it bought.
      return problemOf(
        problem.code === 'SIGNATURE_INVALID' ? 'PAYER_PROOF_INVALID' : 'DELIVERY_PENDING',
      )
    default:
      return problemOf(closedAs[challenge.state])
  }
}

function outcomeOf(
  { code }: Problem,
  challenge: ChallengeRecord | undefined,
  chainId: number,
): SettlementResponse {
  const network = toNetwork(challenge?.chainId ?? chainId)
  if (settledCodes.has(code) && challenge?.txHash !== undefined) {
    return {
      success: true,
      transaction: challenge.txHash,
      network,
      amount: `${challenge.amountRaw}`,
      ...(challenge.fromAddress && { payer: challenge.fromAddress }),
    }
  }
  return { success: false, errorReason: errorReasonOf(code), transaction: '', network }
}

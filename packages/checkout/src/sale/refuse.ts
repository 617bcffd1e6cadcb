import { type ChallengeRecord, hasOpenIntent } from '@key0/core'
import type { Refused } from '../Checkout.ts'
import type { Settings } from '../CheckoutOptions.ts'
import { asksToPay, type Problem, problemOf, toProblem } from '../problem.ts'
import { isSettled, settlementOfRefusal } from './settlementOf.ts'

/** A challenge that something was presented for. */
export type Paid = {
  readonly challengeId: string
  /** Whether whoever presented it may be told the challenge's id. */
  readonly mayKnowId: boolean
  /** Whether the same once more is answered, after it is mined and there for all to copy. */
  readonly isRepeatable: boolean
}

/**
 * Refuses a payment, or a proof of one. It is offered again only for a challenge that may still be
 * paid, looked at after the failure: a buyer's software signs again on an offer, and another
 * request may have handed an authorization to the chain in the meantime.
 */
export async function refuse(error: unknown, paid: Paid, settings: Settings): Promise<Refused> {
  const first = toProblem(error)
  const looks = asksToPay(first.code) || isSettled(first.code)
  const { challenge, ...found } = looks ? await look(settings, paid.challengeId) : {}
  const problem = withoutRepetition(
    found.problem ?? withoutSecondPayment(first, challenge),
    paid,
    challenge,
  )
  const settlement = settlementOfRefusal(problem, challenge, settings.seller.chainId)
  const refused: Refused = { kind: 'refused', problem, settlement, cause: error }
  if (challenge === undefined || !asksToPay(problem.code)) return refused
  return { ...refused, offered: { challenge, mayKnowId: paid.mayKnowId } }
}

/** Refuses a payment before it is known what it is for. Nobody is asked to sign again for that. */
export function refuseUnnamed(error: unknown, { seller }: Settings): Refused {
  const first = toProblem(error)
  const problem = asksToPay(first.code) ? problemOf('INTERNAL') : first
  const settlement = settlementOfRefusal(problem, undefined, seller.chainId)
  return { kind: 'refused', problem, settlement, cause: error }
}

/**
 * A delivery that failed may be asked for once more. Who would be refused with the same payment is
 * told what else there is.
 */
function withoutRepetition(
  problem: Problem,
  { challengeId, mayKnowId, isRepeatable }: Paid,
  challenge: ChallengeRecord | undefined,
): Problem {
  if (problem.code !== 'DELIVERY_FAILED' || isRepeatable || !challenge) return problem
  const { requestId } = challenge
  const look = mayKnowId && { challengeId }
  const facts = { ...problem.facts, ...look, requestId, expected: ANOTHER_WAY }
  return { ...problem, retry: 'never', facts }
}

const ANOTHER_WAY =
  'not this payment again: GET /x402/challenges/{challengeId} tells where the money is; to be' +
  ' served all the same ask with this requestId, without a payment, and sign that offer: what is' +
  ' paid is never charged again'

type Found = { readonly challenge?: ChallengeRecord; readonly problem?: Problem }

async function look({ engine }: Settings, challengeId: string): Promise<Found> {
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
  if (!asksToPay(problem.code) || challenge === undefined) return problem
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

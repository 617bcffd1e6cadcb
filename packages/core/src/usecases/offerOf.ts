import type { ChallengeBase } from '../challenge/ChallengeRecord.ts'
import type { Offer } from '../ports/Chain.ts'

/** The offer a challenge makes, rebuilt from its record: what a client sent is never consulted. */
export function offerOf(challenge: ChallengeBase, maxTimeoutSeconds: number): Offer {
  return {
    chainId: challenge.chainId,
    token: challenge.token,
    payTo: challenge.destination,
    value: challenge.amountRaw,
    maxTimeoutSeconds,
  }
}

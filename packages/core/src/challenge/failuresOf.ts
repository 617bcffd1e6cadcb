import type { ChallengeRecord } from './ChallengeRecord.ts'

/** How many payments that came to nothing are remembered: a buyer's history, not a way to grow. */
const MOST_FAILURES = 8

/** Why a challenge's payments came to nothing until now, as error codes, the latest last. */
export function failuresOf({ intent }: ChallengeRecord): readonly string[] {
  const { earlier = [], stage, voidReason = 'AUTHORIZATION_EXPIRED' } = intent ?? {}
  return stage === 'VOID' ? [...earlier, voidReason].slice(-MOST_FAILURES) : earlier
}

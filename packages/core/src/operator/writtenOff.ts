import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'

/** What the reason of money begins with that a person let the seller keep. */
const WRITTEN_OFF = 'written off'

/** The reason for which money is held that a person let the seller keep. */
export function toWrittenOff({ actor, reason }: { actor: string; reason: string }): string {
  return `${WRITTEN_OFF} by ${actor}: ${reason}`
}

/** Whether a person decided that the seller keeps this money. */
export function isWrittenOff({ held }: Pick<ChallengeRecord, 'held'>): boolean {
  return held?.startsWith(`${WRITTEN_OFF} by `) === true
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'

/** What the holder of a lease begins with that keeps everybody else from a manual refund. */
export const OPERATOR_LEASE = 'operator:'

/**
 * Whether a person took the money out of the automatic paths to return it, maybe in part. A lease
 * of this kind that ran out is of somebody whose process died before it said how much.
 */
export function isLeasedByOperator({ lease }: Pick<ChallengeRecord, 'lease'>): boolean {
  return lease?.holder.startsWith(OPERATOR_LEASE) === true
}

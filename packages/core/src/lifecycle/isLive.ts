import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { hasOpenIntent } from './guard.ts'

/** Whether a request id still names this record, or is free for a new challenge. */
export function isLive(record: ChallengeRecord, nowMs: number): boolean {
  if (record.state === 'EXPIRED' || record.state === 'CANCELLED') return false
  if (record.state !== 'PENDING' || hasOpenIntent(record)) return true
  return record.expiresAt.getTime() > nowMs
}

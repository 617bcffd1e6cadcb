import {
  type ChallengeFields,
  type ChallengeRecord,
  defaultRetention,
  type State,
} from '@key0/core'

/*
 * The rules of a challenge, said a second time and in other words than in `@key0/core`: a model
 * that borrowed them could not notice that they are wrong.
 */

const isOpen = ({ intent }: ChallengeRecord): boolean => intent?.stage === 'OPEN'
const isClosed = ({ state }: ChallengeRecord): boolean =>
  state === 'EXPIRED' || state === 'CANCELLED'

/** Whether its request id names this record. */
export function isNamed(record: ChallengeRecord, nowMs: number): boolean {
  const isWaiting = record.state === 'PENDING' && !isOpen(record)
  return isWaiting ? nowMs < record.expiresAt.getTime() : !isClosed(record)
}

/** When a record may be forgotten; never, while money is owed, held or may still arrive. */
export function forgottenAtMs(record: ChallengeRecord): number {
  const { state, createdAt, deliveredAt, refundedAt, updatedAt, paymentFinal, held } = record
  const { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds } = defaultRetention
  const after = (from: Date, seconds: number): number => from.getTime() + seconds * 1000
  if (held || isOpen(record)) return Number.POSITIVE_INFINITY
  if (state === 'PENDING') return after(createdAt, pendingTTLSeconds)
  if (isClosed(record)) {
    const unpaid = Math.min(pendingTTLSeconds, recordTTLSeconds)
    return after(createdAt, record.intent ? recordTTLSeconds : unpaid)
  }
  if (state === 'REFUNDED') {
    const told = after(refundedAt ?? createdAt, deliveredTTLSeconds)
    return Math.max(told, after(createdAt, recordTTLSeconds))
  }
  const isDone = state === 'DELIVERED' && paymentFinal !== false
  return isDone ? after(deliveredAt ?? updatedAt, deliveredTTLSeconds) : Number.POSITIVE_INFINITY
}

/** Every instant at which it would be forgotten, whatever it is moved to before. */
export function forgettingAtMs(record: ChallengeRecord): readonly number[] {
  const { createdAt, deliveredAt, refundedAt, updatedAt } = record
  const { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds } = defaultRetention
  return [
    createdAt.getTime() + pendingTTLSeconds * 1000,
    createdAt.getTime() + recordTTLSeconds * 1000,
    (deliveredAt ?? updatedAt).getTime() + deliveredTTLSeconds * 1000,
    (refundedAt ?? updatedAt).getTime() + deliveredTTLSeconds * 1000,
  ]
}

/** When a worker must look at a record; `Infinity`: never. */
export function visitedAtMs(record: ChallengeRecord): number {
  const { state, nextVisitAt, updatedAt, expiresAt, paymentFinal } = record
  const hasWork: readonly State[] = ['PENDING', 'PAID', 'REFUND_PENDING', 'REFUND_FAILED']
  const isWatched = state === 'DELIVERED' && paymentFinal === false
  if (!hasWork.includes(state) && !isWatched) return Number.POSITIVE_INFINITY
  const waits = state === 'PENDING' && !isOpen(record)
  return (nextVisitAt ?? (waits ? expiresAt : updatedAt)).getTime()
}

/** Since when a refund of it may be claimed; `Infinity`: not while it is like this. */
export function refundableSinceMs(record: ChallengeRecord, nowMs: number): number {
  const { state, paidAt, fromAddress, accessGrant, response, held, lease } = record
  const isOwed = state === 'PAID' && fromAddress && !accessGrant && !response && !held
  const isFree = !lease || lease.untilMs <= nowMs
  return isOwed && isFree && paidAt ? paidAt.getTime() : Number.POSITIVE_INFINITY
}

/** Whether a legal move is refused for this record: nobody is both served and refunded. */
export function isRefused(record: ChallengeRecord, to: State, fields: object): boolean {
  const { state, refund, held } = record
  const after = { ...record, ...fields }
  const [had, given] = [record, after].map((one) => one.accessGrant || one.response)
  const { accessGrant, response }: ChallengeFields = fields
  const writes = accessGrant !== undefined || response !== undefined
  for (const name of ['accessGrant', 'response'] as const)
    if (record[name] && !after[name]) return true
  switch (to) {
    case 'EXPIRED':
    case 'CANCELLED':
      return isOpen(record)
    case 'DELIVERED':
      return !given || refund !== undefined
    case 'PAID':
      return refund !== undefined && writes
    case 'REFUND_PENDING':
      return state === 'PAID' && (had !== undefined || held !== undefined)
    default:
      return false
  }
}

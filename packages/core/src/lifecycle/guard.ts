import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { deliveryOf } from './deliveryOf.ts'
import type { State } from './transitions.ts'

/** True while an authorization for this challenge may still pay us: nothing may close it. */
export function hasOpenIntent(record: Pick<ChallengeRecord, 'intent'>): boolean {
  return record.intent?.stage === 'OPEN'
}

/**
 * True once a refund was claimed. Only an operator's retry brings such a record back to PAID, and
 * from then on its money may only go back: a signature for it may exist somewhere.
 */
export function isRefundOnly(record: Pick<ChallengeRecord, 'refund'>): boolean {
  return record.refund !== undefined
}

/** Fields that a move writes, as far as the guard looks at them. */
type Written = { readonly accessGrant?: unknown; readonly response?: unknown }

/**
 * Why a legal move is refused for this very record, or `undefined` when nothing stands against
 * it. Every store asks this inside its atomic step, so that no caller can forget to.
 */
export function guard(record: ChallengeRecord, to: State, fields: Written): string | undefined {
  const { state } = record
  const had = deliveryOf(record)
  const given = fields.accessGrant ?? fields.response
  const closes = to === 'EXPIRED' || to === 'CANCELLED'
  if (closes && hasOpenIntent(record)) return 'a settlement is under way'
  if (to === 'DELIVERED' && isRefundOnly(record)) return 'the money goes back'
  if (takesAway(record, fields)) return 'the grant or response may have left already'
  if (to === 'DELIVERED' && !(had ?? given)) return 'nothing to deliver'
  if (to === 'PAID' && given && isRefundOnly(record)) return 'the money goes back'
  if (state === 'PAID' && to === 'REFUND_PENDING' && had) return 'the buyer has what it paid for'
  if (state === 'PAID' && to === 'REFUND_PENDING' && record.held) return 'the money is held'
  return undefined
}

function takesAway(record: ChallengeRecord, fields: Written): boolean {
  return (['accessGrant', 'response'] as const).some(
    (name) => record[name] && name in fields && !fields[name],
  )
}

import { type ChallengeFields, type ChallengeRecord, type State, states } from '@key0/core'
import fc from 'fast-check'
import { paths } from '../store/paths.ts'
import type { Call } from './Call.ts'
import { currentId, resolve } from './Plan.ts'
import { lead, type Session } from './Session.ts'
import { intentOf, paidOf, paymentOf, sampleOf, usualFields } from './values.ts'
import { readRecord, type World } from './World.ts'

type Target = { readonly to: State; readonly mark?: keyof ChallengeFields }

/** Every state, and states that differ by one field which other operations look at. */
const targets: readonly Target[] = [
  ...states.map((to) => ({ to })),
  ...(['accessGrant', 'response', 'held', 'lease'] as const).map((mark) => ({
    to: 'PAID' as const,
    mark,
  })),
  { to: 'PENDING', mark: 'intent' },
]

/** Leads a challenge the usual way, so that what lies at its end is met as often as its start. */
export async function leadTo(
  session: Session,
  slot: number,
  { to, mark }: Target,
  isPeer: boolean,
): Promise<void> {
  const id = currentId(session.world, slot)
  const record = (): ChallengeRecord | undefined => readRecord(session.world, id)
  const make = (call: Call) => lead(session, call, isPeer)
  if (!record()) {
    const plan = { slot, payment: slot, kind: slot % 2, key: 0, version: 0, move: 0, fields: [] }
    await make(resolve({ ...plan, op: 'create', isUsual: true }, session.world, session.calls))
  }
  for (const next of paths[to]) {
    const from = record()
    for (const call of from ? callsTo(from, next, session.world) : []) await make(call)
  }
  const reached = record()
  if (reached && mark) await make(marking(reached, mark, session.world))
}

function callsTo(record: ChallengeRecord, to: State, { nowMs }: World): readonly Call[] {
  const { challengeId: id, state: from, version } = record
  if (from === to) return []
  // Like the keys of real callers, the same on every challenge that came as far.
  const attempt = { key: `to ${to} from version ${version}` }
  if (to !== 'PAID' || from !== 'PENDING') {
    const move = { id, from, to, fields: usualFields(record, to, nowMs), ...attempt }
    return [{ op: 'transition', move }]
  }
  const paying = paymentOf(id)
  const { paymentRef, txHash } = paying
  const intent = intentOf(paying, nowMs, 'PAID')
  const fields = { ...paidOf(paying, nowMs), txHash, intent }
  return [
    { op: 'reserve', id, intent: intentOf(paying, nowMs, 'OPEN'), attempt },
    { op: 'settle', id, paymentRef, fields, attempt },
  ]
}

function marking(record: ChallengeRecord, mark: keyof ChallengeFields, { nowMs }: World): Call {
  const { challengeId: id, state, version } = record
  const key = `mark ${mark} at version ${version}`
  const fields = { [mark]: sampleOf(mark, record, nowMs, mark === 'lease' ? 1 : 0) }
  return { op: 'transition', move: { id, from: state, to: state, fields, key } }
}

/** Draws where a challenge is led. */
export const target: fc.Arbitrary<Target> = fc.constantFrom(...targets)

import {
  type Attempt,
  type ChallengeRecord,
  findTransition,
  type PaymentClaim,
  type State,
  writtenWithAny,
} from '@key0/core'
import type { Answer, Call } from './Call.ts'
import { isRefused } from './rules.ts'
import { type Entry, readNamed, readRecord, readTrail, requestKey, type World } from './World.ts'

type Stepped = { readonly world: World; readonly answer: Answer }
type Of<op extends Call['op']> = Extract<Call, { readonly op: op }>

/** What a write does and answers: the whole meaning of a store, on plain data. */
export function step(world: World, call: Call): Stepped {
  switch (call.op) {
    case 'create':
      return create(world, call)
    case 'reserve':
      return reserve(world, call)
    case 'settle':
      return settle(world, call)
    case 'transition':
      return transition(world, call)
    case 'postpone':
      return postpone(world, call)
  }
}

function create(world: World, { base, attempt }: Of<'create'>): Stepped {
  const { challengeId, scope, requestId } = base
  const existing = readRecord(world, challengeId) ?? readNamed(world, scope, requestId)
  if (existing) return { world, answer: { kind: 'replayed', record: existing } }
  const updatedAt = new Date(world.nowMs)
  const record = { ...base, state: 'PENDING', version: 1, schemaVersion: 1, updatedAt } as const
  const requests = put(world.requests, requestKey(scope, requestId), challengeId)
  return commit({ ...world, requests }, record, note(record, null, {}, attempt))
}

function reserve(world: World, { id, intent, attempt }: Of<'reserve'>): Stepped {
  const { paymentRef } = intent
  const record = readRecord(world, id)
  const claim = world.claims.get(paymentRef)
  if (!record) return { world, answer: { kind: 'absent' } }
  if (claim) return { world, answer: claimed(claim, record) }
  if (record.state !== 'PENDING' || record.intent?.stage === 'OPEN') return lost(world, record)
  const owned = own(world, { paymentRef, challengeId: id, disposition: 'RESERVED' })
  return write(owned, record, 'PENDING', { intent }, attempt)
}

function claimed({ challengeId }: PaymentClaim, record: ChallengeRecord): Answer {
  return challengeId === record.challengeId
    ? { kind: 'replayed', record }
    : { kind: 'foreign', owner: challengeId }
}

function settle(world: World, { id, paymentRef, fields, attempt }: Of<'settle'>): Stepped {
  if (!isLegal('PENDING', 'PAID', fields)) return illegal(world)
  const record = readRecord(world, id)
  if (!record) return { world, answer: { kind: 'absent' } }
  const claim = world.claims.get(paymentRef)
  const older = world.claims.get(fields.txHash.toLowerCase())
  if (claim?.disposition === 'APPLIED' && claim.challengeId === id)
    return { world, answer: { kind: 'replayed', record } }
  for (const other of [claim, older])
    if (other && other.challengeId !== id) return { world, answer: claimed(other, record) }
  const { state, intent } = record
  const isOther = intent?.stage === 'OPEN' && intent.paymentRef !== paymentRef
  if (state !== 'PENDING' || isOther) return lost(world, record)
  const owned = own(world, { paymentRef, challengeId: id, disposition: 'APPLIED' })
  return write(owned, record, 'PAID', { ...fields, paymentRef }, attempt)
}

function transition(world: World, { move }: Of<'transition'>): Stepped {
  const { id, from, to, fields = {}, version, ...attempt } = move
  const spends = from === 'PENDING' && to === 'PAID'
  if (spends || !isLegal(from, to, fields)) return illegal(world)
  const record = readRecord(world, id)
  if (!record) return { world, answer: { kind: 'absent' } }
  if (readTrail(world, id).some(({ key }) => key === move.key))
    return { world, answer: { kind: 'replayed', record } }
  const isElsewhere = record.state !== from || (version ?? record.version) !== record.version
  if (isElsewhere || isRefused(record, to, fields)) return lost(world, record)
  const { paymentRef } = record
  const isGone = from === 'PAID' && to === 'PENDING' && paymentRef
  const next = isGone ? own(world, { paymentRef, challengeId: id, disposition: 'RESERVED' }) : world
  return write(next, record, to, fields, attempt)
}

function postpone(world: World, call: Of<'postpone'>): Stepped {
  const record = readRecord(world, call.id)
  if (!record) return { world, answer: { kind: 'absent' } }
  if (record.version !== call.version) return lost(world, record)
  const { nextVisitAt, facts } = call
  return commit(world, { ...record, nextVisitAt, ...facts, version: record.version + 1 })
}

function isLegal(from: State, to: State, fields: object): boolean {
  const writes: readonly string[] = findTransition(from, to)?.writes ?? []
  const known = new Set<string>([...writes, ...writtenWithAny])
  return findTransition(from, to) !== undefined && Object.keys(fields).every((n) => known.has(n))
}

function write(
  world: World,
  record: ChallengeRecord,
  to: State,
  fields: object,
  attempt: Attempt,
): Stepped {
  const all = { ...record, nextVisitAt: undefined, ...fields, state: to }
  const kept = Object.entries(all).filter(([, value]) => value !== undefined)
  const next = Object.fromEntries(kept) as ChallengeRecord
  const after = { ...next, version: record.version + 1, updatedAt: new Date(world.nowMs) }
  return commit(world, after, note(after, record.state, fields, attempt))
}

function note(
  { challengeId, version, state, updatedAt }: ChallengeRecord,
  from: State | null,
  fields: object,
  { key, actor = 'key0', reason }: Attempt,
): Entry {
  const why = reason === undefined ? {} : { reason }
  const wrote = Object.keys(fields).toSorted()
  return { challengeId, version, from, to: state, key, at: updatedAt, actor, ...why, wrote }
}

function commit(world: World, record: ChallengeRecord, entry?: Entry): Stepped {
  const records = put(world.records, record.challengeId, record)
  const trail = entry ? [...world.trail, entry] : world.trail
  return { world: { ...world, records, trail }, answer: { kind: 'applied', record } }
}

const own = (world: World, claim: PaymentClaim): World => ({
  ...world,
  claims: put(world.claims, claim.paymentRef, claim),
})
const put = <value>(map: ReadonlyMap<string, value>, key: string, value: value) =>
  new Map([...map, [key, value]])
const lost = (world: World, record: ChallengeRecord): Stepped => ({
  world,
  answer: { kind: 'lost', record },
})
const illegal = (world: World): Stepped => ({ world, answer: { kind: 'TRANSITION_ILLEGAL' } })

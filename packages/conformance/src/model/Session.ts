import { type ChallengeRecord, type ChallengeStore, states } from '@key0/core'
import { expectSame } from '../store/assert.ts'
import type { Rig } from '../store/Case.ts'
import { type Answer, type Call, perform, spoil, subjects } from './Call.ts'
import { chooseOrder } from './chooseOrder.ts'
import { describe } from './describe.ts'
import { expectDue, expectEvents, expectRefundable, expectTrail } from './expect.ts'
import { isDisputed, mayDispute } from './isDisputed.ts'
import { forgettingAtMs } from './rules.ts'
import { step } from './step.ts'
import { at } from './values.ts'
import { emptyWorld, readNamed, readRecord, type World } from './World.ts'

/** Beyond every list of a sequence. */
const ALL = 10_000

/** One sequence: a model and a store that are led side by side. */
export type Session = {
  readonly rig: Rig
  world: World
  /** The store's own number of every event seen, by `nameOfEvent`. */
  readonly sequences: Map<string, number>
  /** What was done, a line a step, for whoever reads the failure. */
  readonly log: string[]
  /** Counts calls; names keys. */
  calls: number
  readonly earlyMs: number
  readonly renames: boolean
}

export function createSession(
  rig: Rig,
  { earlyMs, renames }: Pick<Session, 'earlyMs' | 'renames'>,
): Session {
  const world = emptyWorld(rig.clock.nowMs())
  return { rig, world, sequences: new Map(), log: [], calls: 0, earlyMs, renames }
}

/** Moves the clock, but never to where an engine's own clock could be the first to forget. */
export async function advance(session: Session, ms: number): Promise<void> {
  const { clock } = session.rig
  const instants = [...session.world.records.values()].flatMap(fadingAtMs)
  let targetMs = clock.nowMs() + ms
  for (const atMs of instants.toSorted((a, b) => a - b))
    if (targetMs < atMs && atMs <= targetMs + session.earlyMs) targetMs = atMs
  session.log.push(`clock.advance(${targetMs - clock.nowMs()})`)
  clock.advance(targetMs - clock.nowMs())
  session.world = { ...session.world, nowMs: clock.nowMs() }
  await expectLists(session, ms % 2 === 0)
}

/** What keys by which records are found live for at least, as the specification has it. */
const REQUEST_MS = 900_000

/** When an engine may drop a record, or what its request id is found by. */
function fadingAtMs(record: ChallengeRecord): readonly number[] {
  const { createdAt, expiresAt } = record
  const request = Math.max(expiresAt.getTime(), createdAt.getTime() + REQUEST_MS)
  return [...forgettingAtMs(record), request]
}

/** The store on one connection or the other. */
export function side({ rig }: Session, isPeer: boolean): ChallengeStore {
  return isPeer ? rig.peer : rig.store
}

/** Makes one call of both, compares the answers, and then all that the call may have changed. */
export async function lead(session: Session, call: Call, isPeer: boolean): Promise<Answer> {
  session.calls += 1
  const { world, answer } = step(session.world, call)
  if (session.renames && isDisputed(world, call)) return answer
  session.log.push(`${isPeer ? 'peer ' : 'store'}.${describe(call)}`)
  const given = structuredClone(call)
  const seen = await perform(side(session, isPeer), given)
  expectSame(seen, answer, 'the answer')
  // What was handed in and handed out is the caller's: changing it must change nothing stored.
  spoil([given, seen])
  session.world = world
  await observe(session, [call], !isPeer)
  return answer
}

/** Makes calls at once, on both connections; some order of them must explain what is seen. */
export async function race(session: Session, calls: readonly Call[]): Promise<void> {
  session.calls += calls.length
  if (session.renames && mayDispute(session.world, calls)) return
  session.log.push(
    ...calls.map((call, i) => `${i % 2 ? 'peer ' : 'store'}.${describe(call)} at once`),
  )
  const given = structuredClone(calls)
  const seen = await Promise.all(given.map((call, i) => perform(side(session, i % 2 === 1), call)))
  const events = await session.rig.store.events(lastSequence(session), ALL)
  session.world = chooseOrder(session.world, calls, seen, events)
  spoil([given, seen])
  await observe(session, calls, true)
}

function lastSequence({ sequences }: Session): number {
  return Math.max(0, ...sequences.values())
}

/** Compares what calls are about, and every list that they may have changed. */
async function observe(session: Session, calls: readonly Call[], isPeer: boolean): Promise<void> {
  const { world } = session
  const ids = new Set(calls.flatMap((call) => subjects(call).ids))
  const refs = new Set(calls.flatMap((call) => subjects(call).refs))
  for (const id of ids) {
    const ref = world.records.get(id)?.paymentRef
    if (ref) refs.add(ref)
  }
  await Promise.all([
    expectEvents(session, side(session, isPeer), lastSequence(session), ALL),
    expectLists(session, isPeer),
    ...[...ids].map((id) => expectRecord(session, id, isPeer)),
    ...[...refs].map((ref) => expectClaim(session, ref, isPeer)),
  ])
}

/** At the end of a sequence: everything there is, on both connections. */
export async function observeAll(session: Session): Promise<void> {
  const { records, claims, acks } = session.world
  session.log.push('and everything is read at the end')
  for (const isPeer of [false, true]) {
    const store = side(session, isPeer)
    await expectLists(session, isPeer)
    await expectEvents(session, store, 0, ALL)
    await Promise.all([...records.keys()].map((id) => expectRecord(session, id, isPeer)))
    await Promise.all([...claims.keys()].map((ref) => expectClaim(session, ref, isPeer)))
    for (const [consumer, sequence] of acks)
      expectSame(await store.acked(consumer), sequence, `what ${consumer} acknowledged`)
  }
}

async function expectRecord(session: Session, id: string, isPeer: boolean): Promise<void> {
  const store = side(session, isPeer)
  const record = await store.get(id)
  expectSame(record, readRecord(session.world, id), `the record ${id}`)
  spoil(record)
  await expectTrail(session.world, store, id)
  const { scope, requestId } = session.world.records.get(id) ?? {}
  if (scope !== undefined && requestId !== undefined)
    await expectNamed(session, scope, requestId, isPeer)
}

export async function expectNamed(
  session: Session,
  scope: string,
  requestId: string,
  isPeer: boolean,
): Promise<void> {
  const found = await side(session, isPeer).findActiveByRequestId(requestId, scope)
  const named = readNamed(session.world, scope, requestId)
  expectSame(found, named, `the live record of ${requestId} in ${scope}`)
  spoil(found)
}

async function expectClaim({ world, rig }: Session, ref: string, isPeer: boolean): Promise<void> {
  const store = isPeer ? rig.peer : rig.store
  const claim = await store.getClaim(ref as never)
  expectSame(claim, world.claims.get(ref), `the claim on ${ref}`)
  spoil(claim)
}

/**
 * What is due and what may be refunded: the first of each after one call, all after the next. A long
 * list may clear away what a short one would have stumbled over; and on a server these two questions
 * take most of the time.
 */
async function expectLists(session: Session, isPeer: boolean): Promise<void> {
  const { world, calls } = session
  const store = side(session, isPeer)
  const { nowMs } = world
  const limit = calls % 2 === 0 ? 1 : ALL
  const state = at([undefined, 'PENDING', ...states] as const, Math.floor(calls / 2))
  const only = limit === 1 && state ? { state } : {}
  await Promise.all([
    expectDue(world, store, { nowMs, limit, ...only }),
    expectRefundable(world, store, { cutoffMs: nowMs + 1, limit }),
  ])
}

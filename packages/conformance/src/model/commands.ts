import { states } from '@key0/core'
import fc from 'fast-check'
import { expectSame } from '../store/assert.ts'
import type { Call } from './Call.ts'
import { text } from './describe.ts'
import { expectDue, expectEvents, expectRefundable } from './expect.ts'
import { leadTo, target } from './leadTo.ts'
import { currentId, type Plan, resolve } from './Plan.ts'
import { forgottenAtMs, visitedAtMs } from './rules.ts'
import { advance, expectNamed, lead, race, type Session, side } from './Session.ts'
import { at, ids, nameOf } from './values.ts'
import { readRecord } from './World.ts'

/** One step of a sequence. The session is model and store in one. */
export type Command = fc.AsyncCommand<Session, Session>

const digit = (max: number): fc.Arbitrary<number> => fc.nat({ max })
const upTo =
  (weight: number) =>
  (usual: number, max: number): fc.Arbitrary<number> =>
    fc.oneof({ weight, arbitrary: digit(usual) }, { weight: 1, arbitrary: digit(max) })
/** A usual number, and rarely or quite often one beyond it. */
const [rarely, often] = [upTo(4), upTo(1)]

function planOf(...ops: readonly Call['op'][]): fc.Arbitrary<Plan> {
  return fc.record({
    op: fc.constantFrom(...ops),
    slot: rarely(2, 6),
    payment: often(1, 6),
    kind: often(1, 7),
    key: often(0, 5),
    version: digit(6),
    move: rarely(23, 87),
    isUsual: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()),
    fields: fc.array(fc.tuple(rarely(19, 40), digit(3)), { maxLength: 2 }),
  })
}

const every: readonly Call['op'][] = ['create', 'reserve', 'settle', 'transition', 'postpone']

function command<drawn>(
  drawn: fc.Arbitrary<drawn>,
  run: (session: Session, drawn: drawn) => Promise<unknown>,
): fc.Arbitrary<Command> {
  return drawn.map((value) => ({
    check: () => true,
    run: async (session) => void (await run(session, value)),
    toString: () => text(value),
  }))
}

function write(...ops: readonly Call['op'][]): fc.Arbitrary<Command> {
  return command(fc.tuple(planOf(...ops), fc.boolean()), (session, [plan, isPeer]) =>
    lead(session, resolve(plan, session.world, session.calls), isPeer),
  )
}

const racing = command(
  fc.array(planOf(...every), { minLength: 2, maxLength: 3 }),
  (session, plans) => {
    const { world, calls } = session
    const drawn = plans.map((plan, i) => resolve(plan, world, calls + i))
    // Another call could make its record forgotten first, and no id is ever created twice.
    const isAgain = (call: Call): boolean =>
      call.op === 'create' && world.records.has(call.base.challengeId)
    return race(
      session,
      drawn.some((call) => call.op !== 'create') ? drawn.filter((call) => !isAgain(call)) : drawn,
    )
  },
)

/** The same call on both connections at once, as when a caller gave up waiting and tried again. */
const repeating = command(planOf(...every), (session, plan) => {
  const call = resolve(plan, session.world, session.calls)
  return race(session, [call, call])
})

const leading = command(
  fc.record({ slot: rarely(2, 4), target, isPeer: fc.boolean() }),
  (session, { slot, target, isPeer }) => leadTo(session, slot, target, isPeer),
)

/** The instants at which something becomes true of a challenge. */
function instantOf({ world }: Session, slot: number, which: number): number {
  const record = readRecord(world, currentId(world, slot))
  if (!record) return world.nowMs
  const { expiresAt, lease, nextVisitAt, paidAt } = record
  const some = [forgottenAtMs(record), visitedAtMs(record), expiresAt.getTime(), lease?.untilMs]
  const all = [...some, paidAt?.getTime(), nextVisitAt?.getTime()]
  const instant = at(all, which) ?? world.nowMs
  return Number.isFinite(instant) ? instant : world.nowMs
}

const HOUR_MS = 3_600_000
const leaps = [1, 1_000, 60_000, 900_001, 12 * HOUR_MS, 7 * 24 * HOUR_MS, 9_000 * HOUR_MS] as const
const instant = { slot: digit(4), which: digit(5), offset: fc.constantFrom(-1, 0, 1, -500) }

const leaping = command(fc.constantFrom(...leaps), (session, ms) => advance(session, ms))
const arriving = command(fc.record(instant), (session, { slot, which, offset }) => {
  const ms = instantOf(session, slot, which) + offset - session.world.nowMs
  return advance(session, Math.max(ms, 1))
})

const ask = fc.record({ ...instant, limit: digit(3), isPeer: fc.boolean() })
const askingDue = command(
  fc.tuple(ask, fc.option(fc.constantFrom(...states), { nil: undefined })),
  async (session, [{ slot, which, offset, limit, isPeer }, state]) => {
    const nowMs = instantOf(session, slot, which) + offset
    const asked = { nowMs, limit: limit + 1, ...(state && { state }) }
    session.log.push(`due(${text(new Date(nowMs), asked.limit, state)})`)
    await expectDue(session.world, side(session, isPeer), asked)
  },
)
const askingRefundable = command(ask, async (session, { slot, which, offset, limit, isPeer }) => {
  const asked = { cutoffMs: instantOf(session, slot, which) + offset, limit: limit + 1 }
  session.log.push(`findPendingForRefund(${text(new Date(asked.cutoffMs), asked.limit)})`)
  await expectRefundable(session.world, side(session, isPeer), asked)
})

const asking = command(
  fc.record({ request: digit(7), after: digit(12), limit: digit(4), isPeer: fc.boolean() }),
  async (session, { request, after, limit, isPeer }) => {
    const store = side(session, isPeer)
    const { scope, requestId } = nameOf(request)
    session.log.push(`findActiveByRequestId(${text(requestId, scope)})`)
    await expectNamed(session, scope, requestId, isPeer)
    const sequence = [0, ...session.sequences.values()].toSorted((a, b) => a - b)[after] ?? 0
    session.log.push(`events(${sequence}, ${limit + 1})`)
    await expectEvents(session, store, sequence, limit + 1)
    const ghost = await store.get(`${ids[request % ids.length]}~never`)
    expectSame(ghost, undefined, 'a record that never was')
  },
)

const acknowledging = command(
  fc.record({
    consumer: fc.constantFrom('hooks', '__proto__'),
    several: fc.array(digit(12), { minLength: 1, maxLength: 3 }),
    isPeer: fc.boolean(),
  }),
  async (session, { consumer, several, isPeer }) => {
    for (const nth of several) {
      const sequence = [...session.sequences.values()][nth] ?? 0
      const { acks } = session.world
      session.log.push(`ack(${text(consumer, sequence)})`)
      await side(session, isPeer).ack(consumer, sequence)
      const furthest = Math.max(sequence, acks.get(consumer) ?? 0)
      session.world = { ...session.world, acks: new Map([...acks, [consumer, furthest]]) }
      expectSame(await side(session, !isPeer).acked(consumer), furthest, 'what was acknowledged')
    }
  },
)

/** Every kind of command; one that stands twice is drawn twice as often. */
export const commands: readonly fc.Arbitrary<Command>[] = [
  ...[leading, leading, leading, racing, repeating, leaping, arriving, arriving],
  ...[write('create'), write('create'), write('reserve'), write('settle'), write('postpone')],
  ...[write('transition'), write('transition'), write('transition'), write('transition')],
  ...[askingDue, askingRefundable, asking, acknowledging],
]

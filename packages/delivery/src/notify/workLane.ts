import type { AuditEntry, ChallengeStore, DocumentStore, NamedDocument } from '@key0/core'
import { writeLog } from './deliveryLog.ts'
import type { Endpoint } from './Endpoint.ts'
import { decodeLane, documentNames, type Lane, laneOf, type Parked } from './Lane.ts'
import { planRound, type Round, toParked } from './planRound.ts'
import { type Sent, sendRound } from './sendRound.ts'
import { type Retries, type Settled, settleRound } from './settleRound.ts'

/** So many events are read from the stream at once. */
export const PAGE = 200
/** After so many rounds in a row another lane has its turn. */
const ROUNDS = 25

export type LaneContext = {
  readonly store: Pick<ChallengeStore, 'events' | 'get'>
  readonly documents: DocumentStore
  readonly endpoint: Endpoint
  readonly lane: number
  /** Who works: a name that no other process has. */
  readonly holder: string
  readonly leaseMs: number
  readonly retries: Retries
  readonly nowMs: () => number
  readonly signal: AbortSignal
  readonly readPage: (after: number) => Promise<readonly AuditEntry[]>
  readonly tell: (settled: Settled, sent: Sent) => void
}

/**
 * Delivers what one lane of one endpoint has, until nothing is left, the endpoint fails, or others
 * should have a turn. The lane is swapped before anything is sent and after: whoever died in
 * between leaves it as it was, so that its events are sent again by whoever is next.
 *
 * @returns how many events were delivered
 */
export async function workLane(
  ctx: LaneContext,
  text: string,
  again: readonly NamedDocument[],
): Promise<number> {
  let stored = text
  let asked = again
  let delivered = 0
  for (let round = 0; round < ROUNDS && !ctx.signal.aborted; round += 1) {
    const next = await workRound(ctx, stored, asked)
    delivered += next.delivered
    if (next.stored === undefined) return delivered
    stored = next.stored
    asked = []
  }
  return delivered
}

type Next = {
  /** How the lane stands, if there is more to do. */
  readonly stored: string | undefined
  readonly delivered: number
}

async function workRound(
  ctx: LaneContext,
  stored: string,
  again: readonly NamedDocument[],
): Promise<Next> {
  const nowMs = ctx.nowMs()
  const before = decodeLane(stored)
  if (isTaken(before, ctx.holder, nowMs)) return { stored: undefined, delivered: 0 }
  const lane = takeAgain(before, again)
  const isResting = nowMs < lane.restUntilMs && again.length === 0
  const page = isResting ? [] : await readFor(ctx, lane)
  const end = page.at(-1)?.sequence ?? lane.cursor
  const entries = page.filter((it) => laneOf(it.challengeId) === ctx.lane && ctx.endpoint.takes(it))
  const round = planRound(lane, { entries, end }, nowMs)
  const isIdle = isResting || (round.groups.length === 0 && round.cursor === lane.cursor)
  if (isIdle && again.length === 0) return { stored: undefined, delivered: 0 }
  const hasWork = round.groups.length > 0
  const untilMs = nowMs + ctx.leaseMs
  const held = hasWork
    ? write(lane, { lease: { holder: ctx.holder, untilMs } })
    : write({ ...lane, cursor: round.cursor, parked: round.waiting }, {})
  if (!(await swap(ctx, stored, held))) return { stored: undefined, delivered: 0 }
  for (const { name, text } of again) await ctx.documents.swap(name, text, undefined)
  return hasWork ? carryOut(ctx, { round, held, untilMs }) : { stored: held, delivered: 0 }
}

async function readFor(ctx: LaneContext, lane: Lane): Promise<readonly AuditEntry[]> {
  return lane.parked.length < ctx.retries.mostWaiting ? ctx.readPage(lane.cursor) : []
}

async function carryOut(
  ctx: LaneContext,
  { round, held, untilMs }: { round: Round; held: string; untilMs: number },
): Promise<Next> {
  const { store, endpoint, documents, nowMs, signal } = ctx
  // What is begun must end within the lease, or somebody else sends it as well.
  const sending = { store, endpoint, nowMs, signal, untilMs: untilMs - endpoint.timeoutMs }
  const sent = await sendRound(sending, round)
  const lane = decodeLane(held)
  const settled = settleRound(lane, round, sent.results, ctx.retries, nowMs())
  for (const each of settled.dead) await bury(ctx, each)
  const place = { endpoint: endpoint.id, lane: ctx.lane, chunk: lane.logged }
  if (sent.log.length > 0) await writeLog(documents, place, sent.log)
  const logged = lane.logged + (sent.log.length > 0 ? 1 : 0)
  const stored = write({ ...settled.lane, logged }, {})
  if (!(await swap(ctx, held, stored))) return { stored: undefined, delivered: 0 }
  ctx.tell(settled, sent)
  const ends = [...sent.results.values()]
  return { stored, delivered: ends.filter(({ kind }) => kind === 'delivered').length }
}

/** A dead letter stays until it is sent again, or discarded. */
async function bury({ documents, endpoint, nowMs }: LaneContext, letter: Parked): Promise<void> {
  const name = documentNames.dead(endpoint.id, letter.sequence)
  const text = JSON.stringify({ ...letter, diedAtMs: nowMs() })
  const buried = await documents.swap(name, undefined, text)
  if (buried.kind === 'lost') await documents.swap(name, buried.text, text)
}

function isTaken({ lease }: Lane, holder: string, nowMs: number): boolean {
  return lease !== undefined && lease.holder !== holder && lease.untilMs > nowMs
}

/** What an operator wants sent again is due now, behind what is before it in the stream. */
function takeAgain(lane: Lane, again: readonly NamedDocument[]): Lane {
  if (again.length === 0) return lane
  const asked = again.map(
    ({ text }) => JSON.parse(text) as Pick<Parked, 'sequence' | 'challengeId'>,
  )
  const isAsked = new Set(asked.map(({ sequence }) => sequence))
  const others = lane.parked.filter(({ sequence }) => !isAsked.has(sequence))
  const items = asked
    .filter(({ sequence }) => sequence <= lane.cursor)
    .map(({ sequence, challengeId }) => ({
      ...{ sequence, challengeId, attempts: 0, firstAtMs: 0, nextAtMs: 0 },
    }))
  return { ...lane, restUntilMs: 0, parked: toParked([...others, ...items]) }
}

async function swap(ctx: LaneContext, before: string, after: string): Promise<boolean> {
  const name = documentNames.lane(ctx.endpoint.id, ctx.lane)
  return (await ctx.documents.swap(name, before, after)).kind !== 'lost'
}

function write({ lease: _, ...lane }: Lane, lease: Pick<Lane, 'lease'>): string {
  return JSON.stringify({ ...lane, ...lease, writes: lane.writes + 1 })
}

import { type AuditEntry, type ChallengeStore, type DocumentStore, Key0Error } from '@key0/core'
import type { DeadLetter, DeliveryStory, EndpointStatus } from './Deliveries.ts'
import type { LoggedAttempt } from './deliveryLog.ts'
import { decodeLane, documentNames, LANES, type Lane, laneOf, type Parked } from './Lane.ts'
import { digestChallenge, eventIdOf, typesOf } from './WebhookEvent.ts'

export type DeliveriesContext = {
  readonly store: Pick<ChallengeStore, 'events'>
  readonly documents: DocumentStore
}

/** What is kept of a redelivery that nobody took up yet. */
export type Again = Pick<Parked, 'sequence' | 'challengeId'> & { readonly askedAtMs: number }

/** What is kept of an endpoint itself. */
export type Control = Pick<EndpointStatus, 'address' | 'paused'>

const MOST_COUNTED = 10_000
const PAGE = 1_000

/** @throws DELIVERY_UNKNOWN for an endpoint nobody registered */
export async function readControl(
  { documents }: DeliveriesContext,
  endpoint: string,
): Promise<readonly [text: string, control: Control]> {
  const text = await documents.get(documentNames.control(endpoint))
  if (text === undefined) throw unknownDelivery('endpoint', endpoint)
  return [text, JSON.parse(text) as Control]
}

/** @throws DELIVERY_UNKNOWN unless notifications are made of it */
export async function readEvent(
  { store }: DeliveriesContext,
  sequence: number,
): Promise<AuditEntry> {
  const [entry] = await store.events(sequence - 1, 1)
  if (entry?.sequence === sequence && typesOf(entry).length > 0) return entry
  throw unknownDelivery('event', `${sequence}`)
}

export async function listStatuses(ctx: DeliveriesContext): Promise<readonly EndpointStatus[]> {
  const found = await listAll(ctx.documents, 'notify/')
  const controls = found.filter(({ name }) => name.endsWith('/control'))
  return Promise.all(
    controls.map(({ name, text }) =>
      readStatus(ctx, name.split('/')[1] ?? '', JSON.parse(text) as Control),
    ),
  )
}

async function readStatus(
  ctx: DeliveriesContext,
  endpoint: string,
  control: Control,
): Promise<EndpointStatus> {
  const [lanes, waiting] = await Promise.all([readLanes(ctx, endpoint), readWaiting(ctx, endpoint)])
  const dead = await listAll(ctx.documents, documentNames.allDead(endpoint))
  const least = Math.min(...lanes.map(({ cursor }) => cursor))
  const ahead = await ctx.store.events(least, MOST_COUNTED)
  const behind = ahead.filter((entry) => {
    const reached = lanes[laneOf(entry.challengeId)]?.cursor ?? 0
    return typesOf(entry).length > 0 && entry.sequence > reached
  })
  const lastReason = waiting.findLast(({ reason }) => reason !== undefined)?.reason
  return {
    ...{ endpoint, ...control, waiting: waiting.length, behind: behind.length },
    dead: dead.length,
    failures: Math.max(...lanes.map(({ failures }) => failures)),
    ...(lastReason !== undefined && { lastReason }),
  }
}

/** Events that are not delivered yet, in the order of the stream: tried, or asked for again. */
export async function readWaiting(
  ctx: DeliveriesContext,
  endpoint: string,
): Promise<readonly Parked[]> {
  // In this order, so that one that is taken up in between is seen twice and not never.
  const asked = await listAll(ctx.documents, documentNames.allAgain(endpoint))
  const lanes = await readLanes(ctx, endpoint)
  const waiting = new Map<number, Parked>()
  for (const { text } of asked) {
    const again = JSON.parse(text) as Again
    const { sequence, challengeId, askedAtMs: nextAtMs } = again
    waiting.set(sequence, { sequence, challengeId, attempts: 0, firstAtMs: 0, nextAtMs })
  }
  for (const each of lanes.flatMap(({ parked }) => parked))
    if (!waiting.has(each.sequence)) waiting.set(each.sequence, each)
  return [...waiting.values()].toSorted((a, b) => a.sequence - b.sequence)
}

async function readLanes(
  { documents }: DeliveriesContext,
  endpoint: string,
): Promise<readonly Lane[]> {
  const names = Array.from({ length: LANES }, (_, lane) => documentNames.lane(endpoint, lane))
  const texts = await Promise.all(names.map((name) => documents.get(name)))
  return texts.filter((text) => text !== undefined).map(decodeLane)
}

/** Of some lanes of an endpoint, the latest first. */
export async function readAttempts(
  { documents }: DeliveriesContext,
  endpoint: string,
  lanes: readonly number[] = Array.from({ length: LANES }, (_, lane) => lane),
): Promise<readonly LoggedAttempt[]> {
  const pages = await Promise.all(
    lanes.map((lane) => documents.list(documentNames.allLog(endpoint, lane), { limit: PAGE })),
  )
  return pages
    .flat()
    .flatMap(({ text }) => JSON.parse(text) as readonly LoggedAttempt[])
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
}

export async function readStory(
  ctx: DeliveriesContext,
  endpoint: string,
  sequence: number,
): Promise<DeliveryStory> {
  const entry = await readEvent(ctx, sequence)
  const number = laneOf(entry.challengeId)
  const [waiting, lanes, attempts, dead] = await Promise.all([
    readWaiting(ctx, endpoint),
    readLanes(ctx, endpoint),
    readAttempts(ctx, endpoint, [number]),
    ctx.documents.get(documentNames.dead(endpoint, sequence)),
  ])
  const isWaiting = waiting.some((each) => each.sequence === sequence)
  const isReached = sequence <= (lanes[number]?.cursor ?? 0)
  const own = attempts.filter((each) => each.sequence === sequence)
  return {
    ...{ sequence, id: eventIdOf(entry), challenge: digestChallenge(entry.challengeId) },
    ...{ version: entry.version, type: own[0]?.type ?? typesOf(entry)[0] ?? 'unknown' },
    state: dead === undefined ? stateOf(isWaiting, isReached) : 'dead',
    attempts: own,
  }
}

function stateOf(isWaiting: boolean, isReached: boolean): DeliveryStory['state'] {
  if (isWaiting) return 'waiting'
  return isReached ? 'delivered' : 'not reached'
}

export async function readDeadLetters(
  { documents }: DeliveriesContext,
  endpoint: string,
  limit: number,
): Promise<readonly DeadLetter[]> {
  const found = await documents.list(documentNames.allDead(endpoint), { limit })
  return found.map(({ text }) => JSON.parse(text) as DeadLetter)
}

async function listAll(
  documents: DocumentStore,
  prefix: string,
): ReturnType<DocumentStore['list']> {
  const all: Awaited<ReturnType<DocumentStore['list']>>[number][] = []
  for (;;) {
    const after = all.at(-1)?.name
    const page = await documents.list(prefix, { limit: PAGE, ...(after && { after }) })
    all.push(...page)
    if (page.length < PAGE) return all
  }
}

export function unknownDelivery(what: string, given: string): Key0Error {
  return new Key0Error('DELIVERY_UNKNOWN', { facts: { [what]: given } })
}

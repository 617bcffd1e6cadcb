import { type AuditEntry, type ChallengeStore, type DocumentStore, Key0Error } from '@key0/core'
import type { DeadLetter, DeliveryStory, EndpointStatus } from './Deliveries.ts'
import type { LoggedAttempt } from './deliveryLog.ts'
import { decodeLane, documentNames, LANES, type Lane, laneOf } from './Lane.ts'
import { digestChallenge, eventIdOf, typesOf } from './WebhookEvent.ts'

export type DeliveriesContext = {
  readonly store: Pick<ChallengeStore, 'events'>
  readonly documents: DocumentStore
}

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
  const lanes = await readLanes(ctx, endpoint)
  const dead = await listAll(ctx.documents, documentNames.allDead(endpoint))
  const parked = lanes.flatMap((lane) => lane.parked)
  const least = Math.min(...lanes.map(({ cursor }) => cursor))
  const ahead = await ctx.store.events(least, MOST_COUNTED)
  const behind = ahead.filter((entry) => {
    const reached = lanes[laneOf(entry.challengeId)]?.cursor ?? 0
    return typesOf(entry).length > 0 && entry.sequence > reached
  })
  const lastReason = parked.findLast(({ reason }) => reason !== undefined)?.reason
  return {
    ...{ endpoint, ...control, waiting: parked.length, behind: behind.length },
    dead: dead.length,
    failures: Math.max(...lanes.map(({ failures }) => failures)),
    ...(lastReason !== undefined && { lastReason }),
  }
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
  const [lanes, attempts, dead] = await Promise.all([
    readLanes(ctx, endpoint),
    readAttempts(ctx, endpoint, [number]),
    ctx.documents.get(documentNames.dead(endpoint, sequence)),
  ])
  const own = attempts.filter((each) => each.sequence === sequence)
  return {
    ...{ sequence, id: eventIdOf(entry), challenge: digestChallenge(entry.challengeId) },
    ...{ version: entry.version, type: own[0]?.type ?? typesOf(entry)[0] ?? 'unknown' },
    state: dead === undefined ? stateIn(lanes[number], sequence) : 'dead',
    attempts: own,
  }
}

function stateIn(lane: Lane | undefined, sequence: number): DeliveryStory['state'] {
  if (lane?.parked.some((each) => each.sequence === sequence)) return 'waiting'
  return sequence <= (lane?.cursor ?? 0) ? 'delivered' : 'not reached'
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

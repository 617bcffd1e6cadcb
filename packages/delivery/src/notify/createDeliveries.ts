import {
  assertOrder,
  type ChallengeStore,
  type DocumentStore,
  Key0Error,
  type Order,
} from '@key0/core'
import type { LoggedAttempt } from './deliveryLog.ts'
import { decodeLane, documentNames, LANES, laneOf } from './Lane.ts'
import { digestChallenge, eventIdOf, typesOf } from './WebhookEvent.ts'

/** How things stand with one endpoint. */
export type EndpointStatus = {
  readonly endpoint: string
  /** Where it is, without anything secret. */
  readonly address: string
  readonly paused?: { readonly by: string; readonly reason: string; readonly at: string }
  /** Events that were tried, or wait behind one that was, and have not arrived. */
  readonly waiting: number
  /** Events of the stream that no lane has come to yet, at most 10,000 are counted. */
  readonly behind: number
  readonly dead: number
  /** The most failures in a row of any lane; 0 when it takes what it is sent. */
  readonly failures: number
  readonly lastReason?: string
}

/** An event that was given up. */
export type DeadLetter = {
  readonly sequence: number
  readonly challengeId: string
  readonly attempts: number
  readonly reason?: string
  readonly firstAtMs: number
  readonly diedAtMs: number
}

/** One event and what became of it at one endpoint. */
export type DeliveryStory = {
  readonly sequence: number
  readonly id: string
  readonly challenge: string
  readonly version: number
  readonly type: string
  readonly state: 'delivered' | 'waiting' | 'dead' | 'not reached'
  /** The latest first; the log keeps some thousand attempts. */
  readonly attempts: readonly LoggedAttempt[]
}

/** What an operator does with deliveries, from any process beside the same store. */
export type Deliveries = {
  list(): Promise<readonly EndpointStatus[]>
  /** The latest attempts first. @throws DELIVERY_UNKNOWN for an endpoint nobody registered */
  attempts(endpoint: string, limit: number): Promise<readonly LoggedAttempt[]>
  /** @throws DELIVERY_UNKNOWN */
  show(endpoint: string, sequence: number): Promise<DeliveryStory>
  /** The oldest first. @throws DELIVERY_UNKNOWN */
  deadLetters(endpoint: string, limit: number): Promise<readonly DeadLetter[]>
  /** Sends an event once more, a dead letter or one that arrived before. @throws DELIVERY_UNKNOWN */
  redeliver(endpoint: string, sequence: number): Promise<void>
  /** Forgets a dead letter; the event stays in the stream. @throws DELIVERY_UNKNOWN */
  discard(endpoint: string, sequence: number): Promise<void>
  /** Nothing is sent until `resume`; what happens meanwhile waits. @throws DELIVERY_UNKNOWN */
  pause(endpoint: string, order: Order): Promise<void>
  /** @throws DELIVERY_UNKNOWN */
  resume(endpoint: string): Promise<void>
}

type Control = Pick<EndpointStatus, 'address' | 'paused'>

export type DeliveriesOptions = {
  readonly store: Pick<ChallengeStore, 'events'>
  readonly documents: DocumentStore
  readonly nowMs?: () => number
}

const MOST_COUNTED = 10_000
const PAGE = 1_000

export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { store, documents, nowMs = Date.now } = options

  const readControl = async (endpoint: string): Promise<readonly [string, Control]> => {
    const text = await documents.get(documentNames.control(endpoint))
    if (text === undefined) throw unknown('endpoint', endpoint)
    return [text, JSON.parse(text) as Control]
  }
  const writeControl = async (
    endpoint: string,
    change: (control: Control) => Control,
  ): Promise<void> => {
    for (;;) {
      const [text, control] = await readControl(endpoint)
      const next = JSON.stringify(change(control))
      const { kind } = await documents.swap(documentNames.control(endpoint), text, next)
      if (kind !== 'lost') return
    }
  }
  const readEntry = async (sequence: number) => {
    const [entry] = await store.events(sequence - 1, 1)
    if (entry?.sequence !== sequence || typesOf(entry).length === 0)
      throw unknown('event', `${sequence}`)
    return entry
  }
  const readLanes = (endpoint: string) =>
    Promise.all(
      Array.from({ length: LANES }, async (_, lane) => {
        const text = await documents.get(documentNames.lane(endpoint, lane))
        return text === undefined ? undefined : decodeLane(text)
      }),
    )
  const readAttempts = async (endpoint: string, lanes: readonly number[]) => {
    const pages = await Promise.all(
      lanes.map((lane) => documents.list(documentNames.allLog(endpoint, lane), { limit: PAGE })),
    )
    return pages
      .flat()
      .flatMap(({ text }) => JSON.parse(text) as readonly LoggedAttempt[])
      .toSorted((a, b) => (a.at < b.at ? 1 : -1))
  }
  const removeDead = async (endpoint: string, sequence: number): Promise<boolean> => {
    const name = documentNames.dead(endpoint, sequence)
    const text = await documents.get(name)
    return text !== undefined && (await documents.swap(name, text, undefined)).kind !== 'lost'
  }

  return {
    async list() {
      const found = await listAll(documents, 'notify/')
      const controls = found.filter(({ name }) => name.endsWith('/control'))
      return Promise.all(
        controls.map(async ({ name, text }) => {
          const endpoint = name.split('/')[1] ?? ''
          const lanes = (await readLanes(endpoint)).filter((lane) => lane !== undefined)
          const dead = await listAll(documents, documentNames.allDead(endpoint))
          const parked = lanes.flatMap((lane) => lane.parked)
          const behind = await store.events(
            Math.min(...lanes.map(({ cursor }) => cursor)),
            MOST_COUNTED,
          )
          const lastReason = parked.findLast(({ reason }) => reason !== undefined)?.reason
          return {
            ...{ endpoint, ...(JSON.parse(text) as Control), waiting: parked.length },
            behind: behind.filter((entry) => {
              const lane = lanes[laneOf(entry.challengeId)]
              return typesOf(entry).length > 0 && entry.sequence > (lane?.cursor ?? 0)
            }).length,
            dead: dead.length,
            failures: Math.max(...lanes.map(({ failures }) => failures)),
            ...(lastReason !== undefined && { lastReason }),
          }
        }),
      )
    },

    async attempts(endpoint, limit) {
      await readControl(endpoint)
      const lanes = Array.from({ length: LANES }, (_, lane) => lane)
      return (await readAttempts(endpoint, lanes)).slice(0, limit)
    },

    async show(endpoint, sequence) {
      await readControl(endpoint)
      const entry = await readEntry(sequence)
      const number = laneOf(entry.challengeId)
      const [lane, attempts, isDead] = await Promise.all([
        readLanes(endpoint).then((lanes) => lanes[number]),
        readAttempts(endpoint, [number]),
        documents.get(documentNames.dead(endpoint, sequence)),
      ])
      const isWaiting = lane?.parked.some((each) => each.sequence === sequence) ?? false
      const isReached = sequence <= (lane?.cursor ?? 0)
      const state = isDead
        ? 'dead'
        : isWaiting
          ? 'waiting'
          : isReached
            ? 'delivered'
            : 'not reached'
      const own = attempts.filter((each) => each.sequence === sequence)
      return {
        ...{ sequence, id: eventIdOf(entry), challenge: digestChallenge(entry.challengeId) },
        ...{ version: entry.version, state, attempts: own },
        type: own[0]?.type ?? typesOf(entry)[0] ?? 'unknown',
      }
    },

    async deadLetters(endpoint, limit) {
      await readControl(endpoint)
      const found = await documents.list(documentNames.allDead(endpoint), { limit })
      return found.map(({ text }) => JSON.parse(text) as DeadLetter)
    },

    async redeliver(endpoint, sequence) {
      await readControl(endpoint)
      const { challengeId } = await readEntry(sequence)
      const name = documentNames.again(endpoint, laneOf(challengeId), sequence)
      const text = JSON.stringify({ sequence, challengeId, askedAtMs: nowMs() })
      // One that is asked for already is asked for.
      await documents.swap(name, undefined, text)
      await removeDead(endpoint, sequence)
    },

    async discard(endpoint, sequence) {
      await readControl(endpoint)
      if (!(await removeDead(endpoint, sequence))) throw unknown('dead letter', `${sequence}`)
    },

    async pause(endpoint, order) {
      assertOrder(order)
      const { actor: by, reason } = order
      const paused = { by, reason, at: new Date(nowMs()).toISOString() }
      await writeControl(endpoint, (control) => ({ ...control, paused }))
    },

    resume: (endpoint) => writeControl(endpoint, ({ address }) => ({ address })),
  }
}

async function listAll(documents: DocumentStore, prefix: string) {
  const all: Awaited<ReturnType<DocumentStore['list']>>[number][] = []
  for (;;) {
    const after = all.at(-1)?.name
    const page = await documents.list(prefix, { limit: PAGE, ...(after && { after }) })
    all.push(...page)
    if (page.length < PAGE) return all
  }
}

function unknown(what: string, given: string): Key0Error {
  return new Key0Error('DELIVERY_UNKNOWN', { facts: { [what]: given } })
}

import { randomUUID } from 'node:crypto'
import type { AuditEntry, ChallengeStore, Clock, DocumentStore } from '@key0/core'
import { misconfigured, parseDuration } from '../configuration.ts'
import type { Resolve } from './createPublicLookup.ts'
import type { Endpoint } from './Endpoint.ts'
import { findHead } from './findHead.ts'
import { documentNames, LANES, newLane } from './Lane.ts'
import { type BackendEndpoint, openBackend } from './openBackend.ts'
import { openRevocations, type RevocationEndpoint } from './openRevocations.ts'
import { openWebhook, type WebhookEndpoint } from './openWebhook.ts'
import type { Settled } from './settleRound.ts'
import { PAGE, workLane } from './workLane.ts'

/** Something an operator may want in the log. `address` holds nothing secret. */
export type DispatchEvent =
  | {
      readonly name: 'delivery.failing'
      readonly endpoint: string
      readonly address: string
      /** Attempts that failed in a row. */
      readonly failures: number
      readonly reason: string
    }
  | {
      readonly name: 'delivery.dead'
      readonly endpoint: string
      readonly address: string
      readonly sequence: number
      readonly reason: string
    }
  /** A pass broke off, such as when the store does not answer; the next one goes on. */
  | { readonly name: 'dispatch.failed'; readonly cause: unknown }

export type DispatcherOptions = {
  readonly store: Pick<ChallengeStore, 'events' | 'get'>
  /** Beside the challenges, in the same engine. */
  readonly documents: DocumentStore
  readonly webhooks?: readonly WebhookEndpoint[]
  readonly backend?: BackendEndpoint
  /** Told of every plan whose money goes back, until it has withdrawn what it issued. */
  readonly revocations?: RevocationEndpoint
  readonly observe?: (event: DispatchEvent) => void
  readonly clock?: Clock
  /** How often the store is asked when nothing is to do; default 500. */
  readonly intervalMs?: number
  /** An event that was tried for longer is a dead letter; default three days. */
  readonly retryForMs?: number
  /** So many undelivered events each of an endpoint's four lanes keeps, before it reads no further; default 1000. */
  readonly mostWaiting?: number
  /** The wait after a first failure; default 5000, doubled up to an hour. */
  readonly backoffMs?: number
  /** How long the work of a process that died waits for another; at least twice a timeout. */
  readonly leaseMs?: number
  readonly random?: () => number
  /** Resolves the names of webhooks; default: the system's resolver. */
  readonly resolve?: Resolve
}

export type Dispatcher = AsyncDisposable & {
  /**
   * Makes the endpoints known. A new one is told what happens from now on, so this comes before
   * the first sale.
   */
  open(): Promise<void>
  /** Delivers what can be delivered now, and says how many events that were. */
  pass(): Promise<number>
  /** Passes until it is disposed of; one endpoint never waits for another. */
  start(): void
}

const DAY_MS = 86_400_000

/**
 * Delivers the store's events to every endpoint, each at least once and those of one challenge in
 * order. Any number of processes may do this over one store: they share the work.
 *
 * @throws CONFIG_INVALID naming the option
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const endpoints = openEndpoints(options)
  const { documents, store, clock = { nowMs: () => Date.now() } } = options
  const { random = Math.random, observe = () => {} } = options
  const slowestMs = Math.max(0, ...endpoints.map(({ timeoutMs }) => timeoutMs))
  const shared = {
    ...{ store, documents, holder: randomUUID() },
    nowMs: () => clock.nowMs(),
    leaseMs: parseDuration(options.leaseMs ?? 2 * slowestMs + 10_000, 'leaseMs', 2 * slowestMs),
    retries: {
      ...{ random, retryForMs: options.retryForMs ?? 3 * DAY_MS },
      mostWaiting: options.mostWaiting ?? 1_000,
      backoffMs: parseDuration(options.backoffMs ?? 5_000, 'backoffMs'),
    },
  }
  const intervalMs = parseDuration(options.intervalMs ?? 500, 'intervalMs')
  const stopping = new AbortController()
  const loops: Promise<void>[] = []

  const passOne = async (endpoint: Endpoint): Promise<number> => {
    const found = await documents.list(documentNames.work(endpoint.id), { limit: 1_000 })
    const control = found.find(({ name }) => name === documentNames.control(endpoint.id))
    if (!control || isPaused(control.text)) return 0
    const readPage = createPages(store)
    const first = Math.floor(random() * LANES)
    let delivered = 0
    for (let index = 0; index < LANES && !stopping.signal.aborted; index += 1) {
      const lane = (first + index) % LANES
      const { text } =
        found.find(({ name }) => name === documentNames.lane(endpoint.id, lane)) ?? {}
      if (text === undefined) continue
      const prefix = documentNames.again(endpoint.id, lane, 0).slice(0, -16)
      const again = found.filter(({ name }) => name.startsWith(prefix))
      const tell = (settled: Settled): void => report(endpoint, settled, observe)
      const { signal } = stopping
      const ctx = { ...shared, endpoint, lane, signal, readPage, tell }
      delivered += await workLane(ctx, text, again)
    }
    return delivered
  }

  const loop = async (endpoint: Endpoint): Promise<void> => {
    while (!stopping.signal.aborted) {
      const delivered = await passOne(endpoint).catch((cause: unknown) => {
        observe({ name: 'dispatch.failed', cause })
        return 0
      })
      if (delivered === 0) await pause(intervalMs, stopping.signal)
    }
  }

  return {
    open: () => register(endpoints, options),
    async pass() {
      const delivered = await Promise.all(endpoints.map(passOne))
      return delivered.reduce((sum, count) => sum + count, 0)
    },
    start() {
      if (loops.length === 0) loops.push(...endpoints.map(loop))
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(loops)
      for (const { close } of endpoints) close()
    },
  }
}

function openEndpoints(options: DispatcherOptions): Endpoint[] {
  const { webhooks = [], backend, revocations, resolve } = options
  const opened = [
    ...webhooks.map((webhook) => openWebhook(webhook, resolve)),
    ...(backend ? [openBackend(backend)] : []),
    ...(revocations ? [openRevocations(revocations)] : []),
  ]
  if (new Set(opened.map(({ id }) => id)).size !== opened.length)
    throw misconfigured('webhooks', 'every address once')
  return opened
}

async function register(
  endpoints: readonly Endpoint[],
  { documents, store }: DispatcherOptions,
): Promise<void> {
  for (const { id, address } of endpoints) {
    const name = documentNames.control(id)
    if ((await documents.get(name)) !== undefined) continue
    const head = await findHead(store)
    const lane = JSON.stringify(newLane(head))
    // The lanes first: whoever sees the endpoint finds them.
    for (let index = 0; index < LANES; index += 1)
      await documents.swap(documentNames.lane(id, index), undefined, lane)
    await documents.swap(name, undefined, JSON.stringify({ address }))
  }
}

function isPaused(control: string): boolean {
  return (JSON.parse(control) as { readonly paused?: object }).paused !== undefined
}

/** Lanes that stand at the same place read the stream once. */
function createPages(store: DispatcherOptions['store']) {
  const pages = new Map<number, Promise<readonly AuditEntry[]>>()
  return (after: number): Promise<readonly AuditEntry[]> => {
    const known = pages.get(after)
    if (known) return known
    const page = store.events(after, PAGE)
    // What is new meanwhile is for the next pass; a full page is full for good.
    pages.set(after, page)
    return page
  }
}

function report(
  { id: endpoint, address }: Endpoint,
  { lane, dead }: Settled,
  observe: (event: DispatchEvent) => void,
): void {
  const { failures, parked } = lane
  const reason = parked.findLast((each) => each.reason !== undefined)?.reason ?? 'unknown'
  if (failures > 0) observe({ name: 'delivery.failing', endpoint, address, failures, reason })
  for (const { sequence, reason: why = 'unknown' } of dead)
    observe({ name: 'delivery.dead', endpoint, address, sequence, reason: why })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
  })
}

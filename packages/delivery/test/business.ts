import { createMint, createSteeredClock, type SteeredClock } from '@key0/conformance/store'
import type {
  AccessGrant,
  ChallengeStore,
  DocumentStore,
  Resource,
  StoredResponse,
} from '@key0/core'
import { createMemoryDocuments, createMemoryStore } from '@key0/core/memory'
import {
  createDeliveries,
  createDispatcher,
  type Deliveries,
  type DispatchEvent,
  type Dispatcher,
  type DispatcherOptions,
  digestChallenge,
} from '../src/exports/index.ts'
import { typesOf } from '../src/notify/WebhookEvent.ts'
import { type Receiver, secret, startReceiver } from './receiver.ts'

/** A store with business in it, and receivers that are told. */
export type Business = AsyncDisposable & {
  readonly clock: SteeredClock
  readonly store: ChallengeStore
  readonly documents: DocumentStore
  readonly receiver: Receiver
  readonly told: DispatchEvent[]
  readonly deliveries: Deliveries
  /** A further process that dispatches to the receiver. */
  readonly dispatch: (options?: Partial<DispatcherOptions>) => Dispatcher
  /** Sells a plan, or a single request, up to `DELIVERED`: 3 events. @returns its id */
  readonly sell: (until?: 'PENDING' | 'PAID' | 'DELIVERED', request?: Resource) => Promise<string>
  /** By challenge, the versions that must arrive, in order. */
  readonly expected: () => Promise<Map<string, number[]>>
  /** Passes and lets time go by until nothing is left to deliver. */
  readonly drain: (dispatchers: readonly Dispatcher[], stepMs?: number) => Promise<void>
}

const response: StoredResponse = {
  status: 200,
  headers: [['content-type', 'text/plain']],
  body: btoa('canary photo'),
}

export async function openBusiness(): Promise<Business> {
  const clock = createSteeredClock()
  const store = createMemoryStore({ clock })
  const documents = createMemoryDocuments()
  const receiver = await startReceiver(() => clock.nowMs())
  const mint = createMint(clock)
  const told: DispatchEvent[] = []
  const dispatchers: Dispatcher[] = []
  const deliveries = createDeliveries({ store, documents, nowMs: () => clock.nowMs() })
  const expected = async (): Promise<Map<string, number[]>> => {
    const versions = new Map<string, number[]>()
    for (const entry of await store.events(0, 100_000)) {
      if (typesOf(entry).length === 0) continue
      const name = digestChallenge(entry.challengeId)
      versions.set(name, [...(versions.get(name) ?? []), entry.version])
    }
    return versions
  }
  const business: Business = {
    ...{ clock, store, documents, receiver, told, deliveries, expected },
    dispatch(options) {
      const dispatcher = createDispatcher({
        ...{ store, documents, clock, random: () => 0.5 },
        webhooks: [{ url: receiver.url, secret, networks: 'any', timeoutMs: 5_000 }],
        observe: (event) => told.push(event),
        ...options,
      })
      dispatchers.push(dispatcher)
      return dispatcher
    },
    async sell(until = 'DELIVERED', resource) {
      const { base, pay } = mint(resource && { resource, planId: 'photo' })
      const id = base.challengeId
      await store.create(base, { key: 'create' })
      if (until === 'PENDING') return id
      const payment = pay()
      await store.reserve(id, payment.intent(), { key: 'reserve' })
      const paid = payment.paid({ intent: payment.intent({ stage: 'PAID' }) })
      await store.settle(id, payment.paymentRef, paid, { key: 'settle' })
      if (until === 'PAID') return id
      const accessGrant: AccessGrant = {
        ...{ type: 'AccessGrant', challengeId: id, requestId: base.requestId },
        ...{ resourceId: base.resourceId, planId: base.planId, txHash: payment.txHash },
        ...{ accessToken: 'eyJcanary.grant.token', tokenType: 'Bearer' },
      }
      const bought = resource ? { response } : { accessGrant }
      const fields = { ...bought, deliveredAt: new Date(clock.nowMs()) }
      await store.transition({ id, from: 'PAID', to: 'DELIVERED', fields, key: 'deliver' })
      return id
    },
    async drain(working, stepMs = 60_000) {
      for (let pass = 0; pass < 1_000; pass += 1) {
        await Promise.all(working.map((each) => each.pass()))
        const [status] = await deliveries.list()
        if (status?.waiting === 0 && status.behind === 0) return
        clock.advance(stepMs)
      }
      throw new Error('There is always something left to deliver.')
    },
    async [Symbol.asyncDispose]() {
      for (const each of dispatchers) await each[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
  return business
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createMint, type SteeredClock } from '@key0/conformance/store'
import type { ChallengeStore, DocumentStore } from '@key0/core'
import { createMemoryDocuments, createMemoryStore } from '@key0/core/memory'
import { createDispatcher, type Dispatcher, type DispatcherOptions } from '@key0/delivery'
import { createAdmin } from '../src/admin/createAdmin.ts'

export const token = '5f0c1d9e8b7a6f5e4d3c2b1a09f8e7d6'
export const DAY_MS = 86_400_000

/** What was logged, by level. */
export type Line = readonly [level: string, facts: object, text: string]

/** The operator's paths over a store with business in it and one receiver. */
export type AdminRig = AsyncDisposable & {
  readonly clock: SteeredClock
  readonly store: ChallengeStore
  readonly documents: DocumentStore
  readonly mint: ReturnType<typeof createMint>
  /** What it answers, beside a status: what it says, of what it was sent. */
  readonly receiver: { status: number; readonly got: number; say: (body: string) => string }
  readonly dispatcher: Dispatcher
  readonly logged: readonly Line[]
  readonly ask: (call: string, init?: RequestInit) => Promise<Response>
  /** Asks, and reads the answer of 200. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly read: (call: string, body?: object) => Promise<any>
  /** A challenge that nobody paid, and its one event. @returns its id */
  readonly sell: () => Promise<string>
}

/** Who is told besides, at an address that the receiver answers too. */
type Also = (url: string) => Partial<DispatcherOptions>

export async function openAdminDesk(
  clock: SteeredClock,
  { isTold = true, also = () => ({}) }: { isTold?: boolean; also?: Also } = {},
): Promise<AdminRig> {
  await using stack = new AsyncDisposableStack()
  const store = createMemoryStore({ clock })
  const documents = createMemoryDocuments()
  const mint = createMint(clock)
  const say = (_: string): string => 'Bearer canary.of-the-receiver'
  const receiver = { status: 204, got: 0, url: '', say }
  const server = createServer(async (request, response) => {
    receiver.got += 1
    response.writeHead(receiver.status).end(receiver.say(await text(request)))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  stack.defer(() => void server.close())
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=canary`
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
  const webhooks = !isTold ? [] : [{ url: receiver.url, secret, networks: 'any' }]
  const dispatcher = stack.use(
    createDispatcher({
      ...{ store, documents, clock, webhooks: webhooks as never, random: () => 0.5 },
      ...also(receiver.url),
    }),
  )
  await dispatcher.open()
  const logged: Line[] = []
  const write =
    (level: string) =>
    (facts: unknown, text?: string): void =>
      void logged.push([level, facts as object, text ?? ''])
  const log = { info: write('info'), warn: write('warn'), error: write('error') } as never
  const admin = createAdmin({ token, stores: { store, documents, clock }, log })
  const ask = async (call: string, init: RequestInit = {}): Promise<Response> => {
    const [method = 'GET', path = '/'] = call.split(' ')
    const headers = { authorization: `Bearer ${token}`, ...init.headers }
    return admin.request(`http://gateway.test${path}`, { ...init, method, headers })
  }
  const owned = stack.move()
  return {
    ...{ clock, store, documents, mint, receiver, dispatcher, logged, ask },
    async read(call, body) {
      const headers = { 'content-type': 'application/json' }
      const response = await ask(call, body && { headers, body: JSON.stringify(body) })
      const text = await response.text()
      if (response.status !== 200) throw new Error(`${call}: ${response.status} ${text}`)
      return JSON.parse(text)
    },
    async sell() {
      const { base } = mint()
      await store.create(base, { key: 'create' })
      return base.challengeId
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

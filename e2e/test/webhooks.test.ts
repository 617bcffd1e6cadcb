import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMint } from '@key0/conformance/store'
import type { AccessGrant, ChallengeStore, Hash } from '@key0/core'
import { digestChallenge, verifyWebhook, type WebhookEvent } from '@key0/delivery'
import { Webhook } from 'standardwebhooks'
import { afterAll, expect, test } from 'vitest'
import type { DispatcherOrder } from '../src/dispatcherProgram.ts'
import { type DispatchedPlace, openDispatched } from '../src/openDispatched.ts'
import { sharedServers, stopServers } from '../src/servers.ts'

const scratch = mkdtempSync(join(tmpdir(), 'key0-webhooks-'))
afterAll(stopServers)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const SALES = 80
const KILLS = 3

const places: Readonly<Record<string, () => Promise<DispatchedPlace>>> = {
  Redis: async () => ({
    ...{ engine: 'redis', url: await sharedServers.redisUrl(), keyPrefix: `wh-${randomUUID()}` },
  }),
  SQLite: async () => ({ engine: 'sqlite', dataDir: join(scratch, randomUUID()) }),
  PostgreSQL: async () => ({ engine: 'postgres', url: await sharedServers.createDatabase() }),
}

/** A receiver that fails as receivers do. */
async function startReceiver() {
  const taken: WebhookEvent[] = []
  let arrivals = 0
  const take = (event: WebhookEvent, response: ServerResponse): void => {
    arrivals += 1
    if (arrivals % 11 === 0) return void response.writeHead(500).end()
    if (arrivals % 13 === 0) return void response.socket?.destroy()
    // Late enough that a kill finds some on their way.
    setTimeout(() => {
      taken.push(event)
      response.writeHead(204).end()
    }, 2)
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const { headers } = request
    const verified = await verifyWebhook({ headers, body }, secret)
    // Somebody else's check of the same message.
    new Webhook(secret).verify(body, headers as Record<string, string>)
    if (verified.kind === 'refused') return response.writeHead(401).end()
    return take(verified.payload as WebhookEvent, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    taken,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Polls what another process does; a test that waits for what never comes must end. */
async function waitUntil(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 40_000
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('It never came to that: events are lost.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const program = fileURLToPath(new URL('../src/dispatcherProgram.ts', import.meta.url))

async function startDispatcher(order: DispatcherOrder): Promise<ChildProcess> {
  const args = ['--conditions=@key0/source', program, JSON.stringify(order)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((ready) => child.stdout?.once('data', () => ready()))
  return child
}

const isGone = (child: ChildProcess): Promise<void> =>
  new Promise((gone) =>
    (child.exitCode ?? child.signalCode) ? gone() : child.once('exit', () => gone()),
  )

const grantOf = (challengeId: string, txHash: Hash): AccessGrant => ({
  ...{ type: 'AccessGrant', challengeId, requestId: challengeId, resourceId: 'reports/daily' },
  ...{ planId: 'basic', accessToken: 'eyJcanary', tokenType: 'Bearer', txHash },
})

/** Sells up to DELIVERED, or cancels. @returns the versions that must arrive */
async function sellAll(store: ChallengeStore, name: string): Promise<Map<string, number[]>> {
  const mint = createMint({ nowMs: () => Date.now() })
  const expected = new Map<string, number[]>()
  for (let count = 0; count < SALES; count += 1) {
    const id = `${name}-${count}`
    const { base, pay } = mint({ challengeId: id, requestId: id })
    await store.create(base, { key: 'create' })
    const payment = pay()
    if (count % 2 === 0) {
      await store.settle(id, payment.paymentRef, payment.paid(), { key: 'pay' })
      const fields = { accessGrant: grantOf(id, payment.txHash), deliveredAt: new Date() }
      const move = { id, from: 'PAID', to: 'DELIVERED', fields } as const
      expect((await store.transition({ ...move, key: 'deliver' })).kind).toBe('applied')
      expected.set(digestChallenge(id), [1, 2, 3])
    } else {
      await store.transition({ id, from: 'PENDING', to: 'CANCELLED', key: 'cancel' })
      expected.set(digestChallenge(id), [1, 2])
    }
  }
  return expected
}

test.each(Object.keys(places))(
  'on %s no event is lost and none is out of order, however often the dispatcher is killed',
  async (name) => {
    const place = (await places[name]?.()) as DispatchedPlace
    await using opened = openDispatched(place)
    using receiver = await startReceiver()
    const order = { place, webhook: receiver.url, secret }
    await using stack = new AsyncDisposableStack()
    const dispatch = async (): Promise<() => Promise<void>> => {
      const child = await startDispatcher(order)
      const kill = async (): Promise<void> => {
        child.kill('SIGKILL')
        await isGone(child)
      }
      stack.defer(kill)
      return kill
    }
    // An endpoint is told of nothing that was before it, though nobody has read that either.
    const before = createMint({ nowMs: () => Date.now() })
    for (let count = 0; count < 30; count += 1)
      await opened.store.create(before().base, { key: 'create' })
    let kill = await dispatch()
    const selling = sellAll(opened.store, 'sale')
    for (let kills = 1; kills <= KILLS; kills += 1) {
      await waitUntil(() => receiver.taken.length >= kills * 20)
      await kill()
      kill = await dispatch()
    }
    const expected = await selling
    const distinct = (): number =>
      new Set(receiver.taken.map(({ idempotencyKey }) => idempotencyKey)).size
    await waitUntil(() => distinct() === 2.5 * SALES)
    await kill()
    const known = new Set<string>()
    const arrived = new Map<string, number[]>()
    for (const { idempotencyKey, version, data } of receiver.taken) {
      if (known.has(idempotencyKey)) continue
      known.add(idempotencyKey)
      arrived.set(data.challenge, [...(arrived.get(data.challenge) ?? []), version])
    }
    expect(arrived).toEqual(expected)
  },
  60_000,
)

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { ChallengeRecord, EngineEvent } from '@key0/core'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { GatewayConfig } from './GatewayConfig.ts'
import { tellBackend } from './tellBackend.ts'

const bought = {
  ...{ challengeId: 'challenge-1', requestId: 'request-1', resourceId: 'default' },
  ...{ planId: 'basic', txHash: '0x5e', amount: '$0.10', amountRaw: 100_000n },
}
const accessGrant = { type: 'AccessGrant', accessToken: 'eyJ', ...bought, amountRaw: undefined }
const resource = { method: 'GET', path: '/photos/7', query: 'size=1' }
const delivered = (what: object): EngineEvent => ({
  name: 'challenge.delivered',
  challenge: { ...bought, ...what } as unknown as ChallengeRecord,
})

/** A seller's backend that keeps what it is told, and waits for so many. */
async function startBackend(count: number) {
  const told: Record<string, unknown>[] = []
  const all = Promise.withResolvers<void>()
  const server = createServer(async (request, response) => {
    told.push({ url: request.url, ...((await json(request)) as object) })
    response.writeHead(204).end()
    if (told.length === count) all.resolve()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    told,
    all: all.promise,
    backendUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    [Symbol.dispose]: () => void server.close(),
  }
}

const configOf = (backendUrl: string, changes: Partial<GatewayConfig> = {}): GatewayConfig =>
  ({ token: { backendUrl, auth: { strategy: 'none' } }, notifyRequests: true, ...changes }) as never

const log = pino({ level: 'silent' })

test('the backend is told of a plan by its grant, and of a single request by what was asked for', async () => {
  using backend = await startBackend(2)
  const seen: string[] = []
  const observe = tellBackend(configOf(backend.backendUrl), {
    ...{ log, observe: ({ name }) => void seen.push(name) },
  })
  observe({ ...delivered({}), name: 'challenge.paid' } as EngineEvent)
  observe(delivered({ accessGrant }))
  observe(delivered({ resource, planId: 'photo' }))
  await backend.all
  const byType = backend.told.toSorted((a, b) => (`${a.type}` < `${b.type}` ? -1 : 1))
  expect(byType).toMatchObject([
    { url: '/api/internal/payment-received', type: 'AccessGrant', accessToken: 'eyJ' },
    { type: 'PaidRequest', resource: { routeId: 'photo', method: 'GET', path: '/photos/7' } },
  ])
  expect(seen).toEqual(['challenge.paid', 'challenge.delivered', 'challenge.delivered'])
})

test('with KEY0_NOTIFY_REQUESTS=false it is told of grants alone', async () => {
  using backend = await startBackend(1)
  const config = configOf(backend.backendUrl, { notifyRequests: false })
  const observe = tellBackend(config, { log, observe: () => {} })
  observe(delivered({ resource }))
  observe(delivered({ accessGrant }))
  await backend.all
  expect(backend.told).toMatchObject([{ type: 'AccessGrant' }])
})

test('where the dispatcher tells it, or there is no backend, nothing is told twice or at all', () => {
  const observe = (): void => {}
  const notifications = { secrets: [], urls: [], networks: 'any' } as const
  const told = configOf('http://127.0.0.1:9', { notifications })
  expect(tellBackend(told, { log, observe })).toBe(observe)
  expect(tellBackend(configOf(undefined as never), { log, observe })).toBe(observe)
})

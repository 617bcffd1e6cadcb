import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { verifyWebhook, type WebhookEvent } from '@key0/delivery'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { freePort, spawnProgram } from '@key0/test-services'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatewayEnv } from '../crash/gatewayEnv.ts'
import { openShared, type SharedKind } from '../crash/openShared.ts'
import { type Env, startGateway } from '../crash/startGateway.ts'
import { stopServers } from '../src/servers.ts'

/*
 * The running gateway with the policy it ships with, three days; only its clock is steered. An
 * operator has nothing but the token.
 */

const token = 'd41c0de5a9b83f7e6c2b1a0948f7e6d5'
const secret = `whsec_${Buffer.alloc(32, 4).toString('base64')}`
const RETRIED_MS = 73 * 3_600_000
const steer = new URL('../src/steerClock.ts', import.meta.url).href
const command = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))
const documents = ['discover', 'llms.txt', 'skills.md', 'openapi.json', '.well-known/x402']

let chain: Sandbox
beforeAll(async () => {
  chain = await startSandbox()
})
afterAll(async () => {
  await chain[Symbol.asyncDispose]()
  await stopServers()
})

/** A receiver that believes nothing that it did not verify, and is down at first. */
async function startReceiver() {
  const taken: { readonly id: string; readonly event: WebhookEvent }[] = []
  const receiver = { taken, isUp: false, aheadMs: 0, refused: 0, url: '' }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const nowMs = () => Date.now() + receiver.aheadMs
    const seen = await verifyWebhook({ headers: request.headers, body }, secret, { nowMs })
    if (seen.kind === 'refused') receiver.refused += 1
    else if (receiver.isUp) taken.push({ id: seen.id, event: seen.payload as WebhookEvent })
    response.writeHead(receiver.isUp ? 204 : 503).end('Bearer canary.of.the.receiver')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=canary`
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return Object.assign(receiver, { [Symbol.dispose]: close })
}

/** Polls what another process does; a test that waits for what never comes must end. */
async function waitFor<found>(look: () => Promise<found | undefined> | found | undefined) {
  const deadline = performance.now() + 20_000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error('It never came to that.')
    await new Promise((done) => setTimeout(done, 30))
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked into
type Json = any

function createOperator(url: string) {
  const authorization = `Bearer ${token}`
  return async (call: string, body?: object): Promise<Json> => {
    const [method = 'GET', path] = call.split(' ')
    const headers = { authorization, ...(body && { 'content-type': 'application/json' }) }
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const response = await fetch(`${url}/admin${path}`, init)
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    return response.json()
  }
}

async function runCommand(env: Env, ...args: string[]): Promise<Json> {
  const program = spawnProgram(command, env, [...args, '--json'])
  await program.exited
  return JSON.parse(program.output())
}

/** Somebody asks for an offer: a challenge, and an event. */
async function ask(url: string): Promise<void> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const response = await fetch(`${url}/x402/access`, { ...init, body: '{"planId":"report"}' })
  expect(response.status).toBe(402)
}

test.each(['embedded', 'redis', 'postgres'] satisfies SharedKind[])(
  'on %s an operator with the token brings dead letters back to a receiver that was down',
  async (kind) => {
    await using stack = new AsyncDisposableStack()
    const shared = await openShared(kind, stack)
    const receiver = stack.use(await startReceiver())
    const url = `http://127.0.0.1:${await freePort()}`
    const gateway = await startGateway({
      ...{ ...gatewayEnv(chain, url), ...shared.env, KEY0_RPC_URL: chain.rpcUrl },
      KEY0_ACCESS_TOKEN_SECRET: 'a-secret-of-the-gateway-for-its-tokens',
      ...{ KEY0_WEBHOOK_SECRET: secret, KEY0_WEBHOOK_PRIVATE: 'true' },
      ...{ KEY0_WEBHOOK_URLS: receiver.url, KEY0_ADMIN_TOKEN: token },
      NODE_OPTIONS: `--import=${steer}`,
    })
    stack.defer(gateway.kill)
    await expectClosed(url)
    const operate = createOperator(url)
    const [{ endpoint }] = await operate('GET /endpoints')
    const one = `/endpoints/${endpoint}`
    await ask(url)
    await ask(url)
    const find = (state: string) => operate(`GET ${one}/deliveries?state=${state}`)
    const isTried = ({ attempts }: Json): boolean => attempts > 0
    await waitFor(async () => (await find('waiting')).filter(isTried).length === 2 || undefined)
    receiver.aheadMs = RETRIED_MS
    gateway.signal('SIGUSR2')
    const dead: Json[] = await waitFor(async () => {
      const found = await find('dead')
      return found.length === 2 ? found : undefined
    })
    const story = await operate(`GET ${one}/deliveries/${dead[0].sequence}`)
    expect(story).toMatchObject({ state: 'dead', type: 'challenge.created' })
    expect(story.attempts[0]).toMatchObject({
      ...{ outcome: 'failed', reason: 'the receiver answered 503' },
      response: { status: 503, excerpt: '[redacted]' },
    })
    const found = await runCommand(shared.env, 'deliveries', 'find', endpoint, '--state', 'dead')
    expect(found).toEqual(dead)
    expect(await runCommand(shared.env, 'deliveries', 'list')).toEqual(
      await operate('GET /endpoints'),
    )

    const pause = { actor: 'ada', reason: 'the receiver is repaired' }
    expect(await operate(`POST ${one}/pause`, pause)).toEqual({ endpoint, paused: true })
    receiver.isUp = true
    const all = { endpoint, redelivered: 2, isPartial: false }
    expect(await operate(`POST ${one}/redeliver-dead`)).toEqual(all)
    expect(await find('dead')).toEqual([])
    // What was asked for while it is paused waits, and says so.
    expect(await operate(`GET ${one}/deliveries/${dead[0].sequence}`)).toMatchObject({
      state: 'waiting',
    })
    const created = () => receiver.taken.filter(({ event }) => event.type === 'challenge.created')
    expect(created()).toEqual([])
    await operate(`POST ${one}/resume`)
    const sequences = dead.map(({ sequence }) => sequence)
    const delivered = await waitFor(async () => {
      const arrived = (await find('delivered')).filter(({ sequence }: Json) =>
        sequences.includes(sequence),
      )
      return arrived.length === 2 ? arrived : undefined
    })
    expect(delivered).toMatchObject([{ attempts: 1 }, { attempts: 1 }])
    expect(
      created()
        .map(({ event }) => event.data.challenge)
        .sort(),
    ).toEqual(dead.map(({ challenge }) => challenge).sort())
    expect(created().map(({ id }) => id)).toContain(story.id)
    expect(receiver.refused).toBe(0)
    expect(gateway.output()).not.toContain(token)
  },
  60_000,
)

/** Nobody without the token learns that there is anything. */
async function expectClosed(url: string): Promise<void> {
  const told: string[] = []
  for (const path of ['/endpoints', '/nothing']) {
    const headers = { origin: 'https://page.example', authorization: 'Bearer guess' }
    const response = await fetch(`${url}/admin${path}`, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    told.push(await response.text())
  }
  expect(told[0]).toBe(told[1])
  expect(told[0]).toContain('ADMIN_TOKEN_INVALID')
  for (const path of documents) {
    const response = await fetch(`${url}/${path}`)
    expect(response.status, path).toBe(200)
    expect(await response.text(), path).not.toContain('/admin')
  }
}

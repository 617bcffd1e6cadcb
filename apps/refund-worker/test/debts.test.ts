import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openStore } from '@key0/app-kit'
import { type ChallengeRecord, transferRef } from '@key0/core'
import { mintBase } from '@key0/core/testing'
import { urlOf } from '@key0/test-services'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Env, spawnWorker, startWorld, type World } from './startWorld.ts'

const patience = { timeout: 20_000, interval: 50 } as const
const PRICE = 250_000n

let world: World
beforeAll(async () => {
  world = await startWorld()
  await owe(world.env.KEY0_DATA_DIR ?? '')
})
afterAll(async () => world[Symbol.asyncDispose]())

/** Three payments that bought nothing: one due, one whose refund failed, one held. */
async function owe(dataDir: string): Promise<void> {
  const { chain } = world
  const { store, close } = await openStore({
    storage: { kind: 'embedded', dataDir },
    network: 'testnet',
  })
  const { seller, buyer } = chain.wallets
  const token = chain.usdc.address
  for (const name of ['due', 'failed', 'held'] as const) {
    const txHash = await chain.transfer(buyer.address, seller.address, PRICE)
    const base = mintBase({
      ...{ challengeId: name, requestId: name, createdAt: new Date() },
      ...{ chainId: chain.chainId, token, destination: seller.address },
      ...{ amount: '$0.25', amountRaw: PRICE },
    })
    await store.create(base, { key: 'create' })
    const paymentRef = transferRef({ chainId: chain.chainId, token, txHash, ordinal: 0 })
    const paidAt = new Date(Date.now() - 7_200_000)
    const fields = { txHash, paidAt, fromAddress: buyer.address }
    await store.settle(name, paymentRef, fields, { key: 'settle' })
  }
  const move = async (id: string, from: State, to: State, fields: object): Promise<void> => {
    await store.transition({ id, from, to, key: `${id} ${to}`, fields })
  }
  await move('failed', 'PAID', 'REFUND_PENDING', {})
  await move('failed', 'REFUND_PENDING', 'REFUND_FAILED', { refundError: 'no gas for a day' })
  await move('held', 'PAID', 'PAID', { held: 'somebody wants to look' })
  await close()
}

type State = ChallengeRecord['state']

const linesOf = (text: string): readonly string[] => text.split('\n')

async function start(env: Env) {
  const worker = spawnWorker({ ...world.env, ...env })
  const url = await urlOf(worker)
  const metrics = async () => linesOf(await (await fetch(`${url}/metrics`)).text())
  return { worker, metrics }
}

describe('what is owed is told in numbers and in alerts', () => {
  test('without a key nothing moves: it says so, skips, and tells what waits', async () => {
    const { worker, metrics } = await start({ KEY0_WALLET_PRIVATE_KEY: '' })
    await using _ = worker
    expect(worker.output()).toMatch(/Refunds +DISABLED \(set KEY0_WALLET_PRIVATE_KEY\)/)
    const skipped = 'refunds are due and skipped: KEY0_WALLET_PRIVATE_KEY is not set'
    await vi.waitFor(() => expect(worker.output()).toContain(skipped), patience)
    const wallet = world.chain.wallets.seller.address.toLowerCase()
    await vi.waitFor(async () => {
      const lines = await metrics()
      expect(lines).toContain('key0_refunds_due{state="PAID"} 1')
      expect(lines).toContain('key0_refunds_due{state="REFUND_FAILED"} 1')
      expect(lines).toContain('key0_money_held 1')
      expect(lines).toContain(`key0_refunds_owed{wallet="${wallet}",token="USDC"} 0.5`)
      const oldest = lines.find((line) => line.startsWith('key0_refund_oldest_seconds '))
      expect(Number(oldest?.split(' ')[1])).toBeGreaterThan(7_000)
    }, patience)
    const { seller } = world.chain.wallets
    expect(await world.chain.transfers({ from: seller.address })).toEqual([])
  })

  test('a wallet that cannot pay what it owes is an alert, counted and in the log', async () => {
    const { seller, stranger } = world.chain.wallets
    const balance = await world.chain.balanceOf(seller.address)
    await world.chain.transfer(seller.address, stranger.address, balance)
    const { worker, metrics } = await start({ REFUND_MIN_AGE_MS: '300000' })
    await using _ = worker
    await vi.waitFor(async () => {
      const alerts = linesOf(worker.output()).filter((line) => line.includes('"level":50'))
      expect(alerts.join('\n')).toMatch(/owes cannot all be returned now: the wallet .* holds 0/)
      expect(alerts.join('\n')).toMatch(/owes refunds that have been due for over an hour/)
      const counted = (await metrics()).find((line) => line.startsWith('key0_alerts_total '))
      expect(Number(counted?.split(' ')[1])).toBeGreaterThanOrEqual(2)
    }, patience)
    await worker.stop()
    expect(await worker.exited).toBe(0)
  })

  test('a refund that only a person can resolve is an event, and counted as failed', async () => {
    const { buyer } = world.chain.wallets
    await world.chain.blacklist(buyer.address)
    const { worker, metrics } = await start({ REFUND_MIN_AGE_MS: '300000' })
    await using _ = worker
    await vi.waitFor(async () => {
      expect(await metrics()).toContain('key0_refund_results_total{outcome="failed"} 1')
    }, patience)
    expect(worker.output()).toMatch(/"state":"REFUND_FAILED".*blocks the payee.*refund\.failed/)
    expect(await metrics()).toContain('key0_refunds_due{state="REFUND_FAILED"} 2')
    await world.chain.unblacklist(buyer.address)
  })
})

test('a backend that withdraws what it issued is told before the money goes back', async () => {
  const { chain } = world
  const { seller } = chain.wallets
  const dataDir = join(world.env.KEY0_DATA_DIR ?? '', 'revoking')
  await owe(dataDir)
  await chain.fund(seller.address, { usdc: 2n * PRICE })
  const seen: (readonly [url: string | undefined, secret: unknown, returned: number])[] = []
  const server = createServer(async (request, response) => {
    const returned = (await chain.transfers({ from: seller.address })).length
    seen.push([request.url, request.headers['x-internal-auth'], returned])
    response.writeHead(204).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const before = (await chain.transfers({ from: seller.address })).length
  const { worker } = await start({
    ...{ KEY0_DATA_DIR: dataDir, REFUND_MIN_AGE_MS: '300000' },
    ...{ BACKEND_AUTH_STRATEGY: 'shared-secret', INTERNAL_AUTH_SECRET: 's3cret-of-the-backend' },
    REVOKE_TOKEN_API: `http://127.0.0.1:${port}/revoke`,
  })
  await using _ = worker
  const returned = async () => (await chain.transfers({ from: seller.address })).length - before
  await vi.waitFor(async () => expect(await returned()).toBe(1), patience)
  expect(seen[0]).toEqual(['/revoke', 's3cret-of-the-backend', before])
  await worker.stop()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

test('a receiving wallet that delegates to code keeps the worker from starting', async () => {
  const { seller, stranger } = world.chain.wallets
  const setCode = async (code: string): Promise<void> => {
    const body = { jsonrpc: '2.0', id: 1, method: 'anvil_setCode', params: [seller.address, code] }
    const headers = { 'content-type': 'application/json' }
    await fetch(world.chain.rpcUrl, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  await setCode(`0xef0100${stranger.address.slice(2)}`)
  await using worker = spawnWorker(world.env)
  expect(await worker.exited, worker.output()).toBe(1)
  expect(worker.output()).toMatch(/^SIGNER_MISMATCH: /)
  expect(worker.output()).toContain('EIP-7702')
  await setCode('0x')
})

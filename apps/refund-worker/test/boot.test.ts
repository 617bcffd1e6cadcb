import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rpcFaults } from '@key0/sandbox'
import { findPostgres, type RedisServer, startRedis, urlOf } from '@key0/test-services'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Env, spawnWorker, startWorld, type World } from './startWorld.ts'

const patience = { timeout: 20_000, interval: 50 } as const

let world: World
let redis: RedisServer
beforeAll(async () => {
  world = await startWorld()
  redis = await startRedis()
})
afterAll(async () => {
  await redis.stop()
  await world[Symbol.asyncDispose]()
})
beforeEach(() => world.rpc.clear())

const read = async (url: string): Promise<string> => await (await fetch(url)).text()

describe('it runs', () => {
  test('and says how it is: alive, ready, and in numbers; SIGTERM ends it with 0', async () => {
    await using worker = spawnWorker({
      ...world.env,
      LOG_LEVEL: 'trace',
      KEY0_WALLET_PRIVATE_KEY: `${world.env.KEY0_WALLET_PRIVATE_KEY},${world.chain.wallets.stranger.privateKey}`,
    })
    const url = await urlOf(worker)
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({
      status: 'ok',
      service: 'key0-refund-worker',
    })
    await vi.waitFor(async () => {
      const ready = await fetch(`${url}/readyz`)
      expect(ready.status).toBe(200)
      expect(await ready.json()).toMatchObject({ store: 'ok', chain: 'ok', passes: 'ok' })
    }, patience)
    const { seller, gas, stranger } = world.chain.wallets
    await vi.waitFor(async () => {
      const metrics = await read(`${url}/metrics`)
      expect(metrics).toMatch(/^key0_refund_passes_total\{trigger="timer",outcome="done"\} \d+$/m)
      expect(metrics).toMatch(/^key0_refund_last_pass_age_seconds [\d.]+$/m)
      expect(metrics).toContain('key0_refunds_due{state="PAID"} 0')
      expect(metrics).toContain('key0_refunds_due{state="REFUND_PENDING"} 0')
      expect(metrics).toContain('key0_refunds_due{state="REFUND_FAILED"} 0')
      expect(metrics).toContain('key0_money_held 0')
      expect(metrics).toContain('key0_refund_oldest_seconds 0')
      for (const { address } of [seller, stranger])
        expect(metrics).toContain(`key0_refunds_owed{wallet="${address}",token="USDC"} 0`)
      expect(metrics).toMatch(
        new RegExp(
          `^key0_wallet_token_balance\\{wallet="${seller.address}",token="USDC"\\} 100$`,
          'm',
        ),
      )
      expect(metrics).toMatch(
        new RegExp(`^key0_wallet_gas_balance\\{wallet="${gas.address}"\\} 10$`, 'm'),
      )
    }, patience)
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
    await worker.stop()
    expect(await worker.exited).toBe(0)
    for (const { privateKey } of [seller, gas])
      expect(worker.output().toLowerCase()).not.toContain(privateKey.slice(2).toLowerCase())
  })

  test('on the queue of its Redis, with PostgreSQL as the store', async () => {
    await using postgres = toDisposable(await findPostgres())
    await using worker = spawnWorker({
      ...world.env,
      STORAGE_BACKEND: 'postgres',
      DATABASE_URL: await postgres.createDatabase(),
      BULLMQ_REDIS_URL: redis.url,
    })
    const url = await urlOf(worker)
    expect(worker.output()).toMatch(/Schedule +BullMQ, shared by all workers/)
    await vi.waitFor(
      async () => expect(await read(`${url}/metrics`)).toContain('trigger="job",outcome="done"'),
      patience,
    )
    await worker.stop()
    expect(await worker.exited).toBe(0)
  })

  test('without a key: it says so, and skips', async () => {
    await using worker = spawnWorker({
      ...world.env,
      KEY0_WALLET_PRIVATE_KEY: '',
      REDIS_URL: redis.url,
    })
    const url = await urlOf(worker)
    expect(worker.output()).toMatch(/Refunds +DISABLED \(set KEY0_WALLET_PRIVATE_KEY\)/)
    await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), patience)
  })

  test('while its node turns it away it is alive and not ready', async () => {
    await using worker = spawnWorker(world.env)
    const url = await urlOf(worker)
    world.rpc.add(rpcFaults.rateLimit())
    await vi.waitFor(async () => {
      const ready = await fetch(`${url}/readyz`)
      expect(await ready.json()).toMatchObject({ status: 'error', chain: 'unreachable' })
      expect(ready.status).toBe(503)
    }, patience)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  test('while its store is away it is alive and not ready', async () => {
    await using own = await startRedis()
    await using worker = spawnWorker({
      ...world.env,
      STORAGE_BACKEND: 'redis',
      REDIS_URL: own.url,
    })
    const url = await urlOf(worker)
    await own.kill()
    await vi.waitFor(async () => {
      const ready = await fetch(`${url}/readyz`)
      expect(await ready.json()).toMatchObject({ store: 'unreachable' })
      expect(ready.status).toBe(503)
    }, patience)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    await worker.stop()
    expect(await worker.exited).toBe(0)
  })
})

describe('it refuses to start', () => {
  /** What it said. */
  async function refusalOf(env: Env): Promise<string> {
    await using worker = spawnWorker({ ...world.env, ...env })
    expect(await worker.exited, worker.output()).toBe(1)
    return worker.output()
  }

  test('with keys of which none is the payee’s', async () => {
    const { stranger, buyer, seller } = world.chain.wallets
    const said = await refusalOf({
      KEY0_WALLET_PRIVATE_KEY: `${stranger.privateKey},${buyer.privateKey}`,
    })
    expect(said).toMatch(/^SIGNER_MISMATCH: /)
    expect(said).toContain(seller.address)
    expect(said).not.toContain(stranger.privateKey.slice(2))
  })

  test('with a store that is not there, without repeating its password', async () => {
    const url = 'redis://:hunter2@127.0.0.1:9'
    const said = await refusalOf({ STORAGE_BACKEND: 'redis', REDIS_URL: url })
    expect(said).toMatch(/^STORE_UNAVAILABLE: /)
    expect(said).not.toContain('hunter2')
  })

  test('with a node that is not there', async () => {
    expect(await refusalOf({ KEY0_RPC_URL: 'http://127.0.0.1:1' })).toMatch(/^CHAIN_UNREACHABLE: /)
  })

  test('when its port is in use', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const said = await refusalOf({ PORT: `${port}` })
    server.close()
    expect(said).toContain(`PORT: ${port} on 127.0.0.1 is in use by another process`)
  })
})

function toDisposable<server extends { stop(): Promise<void> }>(server: server) {
  return { ...server, [Symbol.asyncDispose]: () => server.stop() }
}

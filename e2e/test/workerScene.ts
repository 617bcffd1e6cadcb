import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChallengeRecord, ChallengeStore } from '@key0/core'
import { type RpcProxy, type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { PostgresChallengeStore } from '@key0/store-postgres'
import { RedisChallengeStore } from '@key0/store-redis'
import { createSqliteStore } from '@key0/store-sqlite'
import { startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { vi } from 'vitest'
import { type Buyer, createBuyer } from '../crash/createBuyer.ts'
import { freePort } from '../crash/freePort.ts'
import { type Backend, startBackend } from '../crash/startBackend.ts'
import {
  type Env,
  type GatewayProcess,
  spawnProgram,
  startGateway,
  untilUp,
} from '../crash/startGateway.ts'
import { walletOf } from '../crash/startScene.ts'
import { listRecords } from '../src/listRecords.ts'
import { sharedServers } from '../src/servers.ts'

const names = ['a', 'b'] as const
type Name = (typeof names)[number]

/** A refund worker's place: its own gas wallets and its own way to the chain. */
export type WorkerPlace = {
  /** Only this worker asks here. */
  readonly rpc: RpcProxy
  readonly process: () => GatewayProcess
  readonly start: () => Promise<void>
}

/** A gateway that refunds nothing, on a shared store, and two workers that do. */
export type WorkerScene = AsyncDisposable & {
  readonly chain: Sandbox<string>
  readonly backend: Backend
  readonly workers: readonly [WorkerPlace, WorkerPlace]
  /** Somebody with a wallet that nobody used before. */
  readonly nextBuyer: () => Buyer
  /** What the buyer has, against what it began with. */
  readonly missing: (buyer: Buyer) => Promise<bigint>
  /** What the seller sent it, transfer by transfer. */
  readonly refundsOf: (buyer: Buyer) => Promise<readonly bigint[]>
  readonly records: () => Promise<readonly ChallengeRecord[]>
  /** Resolves when every payment that was made is refunded. */
  readonly untilRefunded: () => Promise<void>
}

type Shared = {
  readonly env: Env
  readonly store: ChallengeStore
}

const program = fileURLToPath(new URL('../../apps/refund-worker/src/main.ts', import.meta.url))
const purse = 1_000_000_000n
const BUYERS = 8

export async function startWorkerScene(
  kind: 'redis' | 'postgres' | 'embedded',
): Promise<WorkerScene> {
  await using stack = new AsyncDisposableStack()
  const buyers = Array.from({ length: BUYERS }, (_, index) => `buyer-${index}`)
  const wallets = [...buyers, ...names.flatMap((name) => [`gas-${name}-0`, `gas-${name}-1`])]
  const chain = stack.use(await startSandbox<string>({ wallets }))
  const backend = stack.use(await startBackend())
  const shared = await openShared[kind](stack)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const seller = walletOf(chain, 'seller')
  const gateway = await startGateway({
    ...shared.env,
    REFUNDS: 'off',
    KEY0_PORT: `${port}`,
    KEY0_HOST: '127.0.0.1',
    KEY0_PUBLIC_URL: url,
    KEY0_RPC_URL: chain.rpcUrl,
    KEY0_WALLET_ADDRESS: seller.address,
    GAS_WALLET_PRIVATE_KEY: walletOf(chain, 'gas').privateKey,
    PLANS: '[{"planId":"report","unitAmount":"$0.25"}]',
    ISSUE_TOKEN_API: `${backend.url}/internal/issue-token`,
    TOKEN_ISSUE_TIMEOUT_MS: '1000',
    TOKEN_ISSUE_RETRIES: '0',
  })
  stack.defer(() => gateway.kill())
  const workers = await Promise.all([
    openWorker('a', chain, shared, stack),
    openWorker('b', chain, shared, stack),
  ])
  let used = 0
  const owned = stack.move()
  return {
    chain,
    backend,
    workers,
    nextBuyer: () => {
      used += 1
      return createBuyer(walletOf(chain, `buyer-${used - 1}`), url)
    },
    missing: async ({ address }) => purse - (await chain.balanceOf(address)),
    refundsOf: async ({ address }) => {
      const refunds = await chain.transfers({ from: seller.address, to: address })
      return refunds.map(({ value }) => value)
    },
    records: () => listRecords(shared.store),
    untilRefunded: () =>
      vi.waitFor(
        async () => {
          const states = (await listRecords(shared.store)).map(({ state }) => state)
          if (states.length === 0 || states.some((state) => state !== 'REFUNDED'))
            throw new Error(`The records never came that far: ${states.join(', ')}`)
        },
        { timeout: 25_000, interval: 50 },
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function openWorker(
  name: Name,
  chain: Sandbox<string>,
  shared: Shared,
  stack: AsyncDisposableStack,
): Promise<WorkerPlace> {
  const rpc = stack.use(await startRpcProxy({ target: chain.rpcUrl }))
  const gas = [0, 1].map((index) => walletOf(chain, `gas-${name}-${index}`).privateKey)
  const env = {
    ...shared.env,
    PORT: '0',
    KEY0_HOST: '127.0.0.1',
    KEY0_RPC_URL: rpc.url,
    KEY0_WALLET_PRIVATE_KEY: walletOf(chain, 'seller').privateKey,
    GAS_WALLET_PRIVATE_KEY: gas.join(','),
    REFUND_MIN_AGE_MS: '0',
    REFUND_INTERVAL_MS: '200',
  }
  let running: GatewayProcess | undefined
  stack.defer(async () => running?.kill())
  return {
    rpc,
    process: () => {
      if (!running) throw new Error('This worker was not started yet')
      return running
    },
    async start() {
      running = await untilUp(spawnProgram(program, env))
    },
  }
}

/** Everything in one Redis: the challenges and the queue. */
async function openRedis(stack: AsyncDisposableStack): Promise<Shared> {
  const server = stack.use(await startRedis())
  const redis = new Redis(server.url)
  redis.on('error', () => {})
  stack.defer(() => redis.disconnect())
  return { env: { REDIS_URL: server.url }, store: new RedisChallengeStore({ redis }) }
}

/** No Redis at all: each worker has a timer. */
async function openPostgres(stack: AsyncDisposableStack): Promise<Shared> {
  const url = await sharedServers.createDatabase()
  const sql = postgres(url, { prepare: false, max: 2, onnotice: () => {} })
  const store = new PostgresChallengeStore({ sql })
  stack.defer(async () => {
    await store.close()
    await sql.end({ timeout: 5 })
  })
  return { env: { DATABASE_URL: url }, store }
}

/** One machine: all open the same file, and each worker has a timer. */
async function openEmbedded(stack: AsyncDisposableStack): Promise<Shared> {
  const dataDir = mkdtempSync(join(tmpdir(), 'key0-worker-'))
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  const store = createSqliteStore({ dataDir })
  stack.defer(() => store.close())
  return { env: { STORAGE_BACKEND: 'embedded', KEY0_DATA_DIR: dataDir }, store }
}

const openShared = { redis: openRedis, postgres: openPostgres, embedded: openEmbedded } as const

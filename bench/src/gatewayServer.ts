import { randomBytes } from 'node:crypto'
import type { ChallengeStore } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { createDispatcher } from '@key0/delivery'
import { key0 } from '@key0/middleware-hono'
import { createKey0, type SellerConfig } from '@key0/sdk'
import { PostgresChallengeStore } from '@key0/store-postgres'
import { RedisChallengeStore } from '@key0/store-redis'
import { createSqliteDocuments, createSqliteStore } from '@key0/store-sqlite'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { serveMeasured } from './serveMeasured.ts'

/** How a gateway under measurement is set up; what is not here has its default. */
export type GatewaySettings = {
  readonly rpcUrl: string
  readonly walletAddress: `0x${string}`
  readonly gasWalletPrivateKey: `0x${string}`
  /** Where the embedded store lives. */
  readonly dataDir?: string
  /** The server of another store; with none of the three it is the memory store. */
  readonly redisUrl?: string
  readonly databaseUrl?: string
  /** What is passed on, and to where. */
  readonly routes?: NonNullable<SellerConfig['routes']>
  readonly proxyTo?: NonNullable<SellerConfig['proxyTo']>
  /** Told of every event, beside the embedded store. */
  readonly webhook?: { readonly url: string; readonly secret: string }
}

const all = JSON.parse(process.argv[2] ?? '{}') as GatewaySettings
const { dataDir, redisUrl, databaseUrl, webhook, ...settings } = all
const ends: (() => unknown)[] = []
const store = openStore()
if (webhook !== undefined && dataDir !== undefined) await dispatch(webhook, dataDir)
const gateway = await createKey0({
  ...settings,
  agentName: 'Benchmark',
  agentUrl: 'http://127.0.0.1:3000',
  network: 'testnet',
  plans: [{ planId: 'basic', unitAmount: '$0.01', description: 'One call of a measured API' }],
  store,
  maxOpenChallenges: { total: 10_000_000 },
  fetchResourceCredentials: () => randomBytes(24).toString('base64url'),
  observe: (event) => {
    if (event.name === 'alert' || event.name === 'settlement.pending') console.error(event)
  },
})

serveMeasured(new Hono().use(key0(gateway.handler)).fetch, async () => {
  gateway.close()
  for (const end of ends) await end()
  await store.close()
})

async function dispatch(
  to: NonNullable<GatewaySettings['webhook']>,
  besideStoreIn: string,
): Promise<void> {
  const documents = createSqliteDocuments({ dataDir: besideStoreIn })
  const webhooks = [{ ...to, networks: 'any' }] as const
  const dispatcher = createDispatcher({ store, documents, webhooks })
  await dispatcher.open()
  dispatcher.start()
  ends.push(() => dispatcher[Symbol.asyncDispose](), documents.close)
}

function openStore(): ChallengeStore {
  if (redisUrl !== undefined) {
    const redis = new Redis(redisUrl)
    ends.push(() => redis.disconnect())
    return new RedisChallengeStore({ redis })
  }
  if (databaseUrl !== undefined) {
    const sql = postgres(databaseUrl)
    ends.push(() => sql.end())
    return new PostgresChallengeStore({ sql })
  }
  return dataDir === undefined ? createMemoryStore() : createSqliteStore({ dataDir })
}

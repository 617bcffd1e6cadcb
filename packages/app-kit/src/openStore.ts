import type { WalletLock } from '@key0/chain-evm'
import {
  type ChallengeStore,
  type DocumentStore,
  Key0Error,
  type Retention,
  type StoreHealth,
} from '@key0/core'
import { createMemoryDocuments, createMemoryStore } from '@key0/core/memory'
import { createSqliteDocuments, createSqliteStore } from '@key0/store-sqlite'
import { connectRedis } from './connectRedis.ts'
import type { Network } from './readNetwork.ts'
import type { StorageConfig } from './readStorage.ts'

/**
 * How long a process that died with its turn keeps others from a gas wallet. A turn takes about a
 * second; one that takes longer than this costs gas at worst, never money.
 */
const GAS_LEASE_MS = 15_000

/** A store with everything it stands on: closing it closes its connections too. */
type Opened = {
  readonly store: ChallengeStore
  /** In the same engine: how far notifications are delivered. */
  readonly documents: DocumentStore
  /** Where other processes may share the store, how they take turns with a gas wallet. */
  readonly lock?: WalletLock
  readonly close: () => Promise<void>
}

export type OpenStore = Opened & {
  /** What is allowed but worth saying at every start. */
  readonly warnings: readonly string[]
}

/**
 * Opens the configured store, and only its driver: the other engines' are never loaded.
 *
 * @throws STORE_UNAVAILABLE when it does not answer, or would lose money on mainnet, with what to
 * set
 */
export async function openStore({
  storage,
  network,
}: {
  readonly storage: StorageConfig
  readonly network: Network
}): Promise<OpenStore> {
  const opened = await open(storage)
  try {
    const health = await opened.store.healthCheck()
    assertFit(health, network)
    return { ...opened, warnings: health.problems }
  } catch (error) {
    await opened.close()
    throw error
  }
}

function assertFit({ ok, durable, problems }: StoreHealth, network: Network) {
  if (ok && (network !== 'mainnet' || (durable && problems.length === 0))) return
  throw new Key0Error('STORE_UNAVAILABLE', {
    facts: Object.fromEntries(problems.map((text, index) => [`store ${index + 1}`, text])),
  })
}

async function open(storage: StorageConfig): Promise<Opened> {
  const { pendingTTLSeconds, deliveredTTLSeconds } = storage
  const retention = {
    ...(pendingTTLSeconds !== undefined && { pendingTTLSeconds }),
    ...(deliveredTTLSeconds !== undefined && { deliveredTTLSeconds }),
  }
  switch (storage.kind) {
    case 'memory': {
      const store = createMemoryStore({ retention })
      return { store, documents: createMemoryDocuments(), close: () => store.close() }
    }
    case 'embedded':
      return openEmbedded(storage.dataDir, retention)
    case 'redis':
      return openRedis(storage.url, retention)
    case 'postgres':
      return openPostgres(storage.url, retention)
  }
}

function openEmbedded(dataDir: string, retention: Partial<Retention>): Opened {
  const store = createSqliteStore({ dataDir, retention })
  const documents = createSqliteDocuments({ dataDir })
  const close = async (): Promise<void> => {
    documents.close()
    await store.close()
  }
  return { store, documents, close }
}

async function openRedis(url: string, retention: Partial<Retention>): Promise<Opened> {
  const [redis, { createWalletLock, RedisChallengeStore, RedisDocumentStore }] = await Promise.all([
    // A request waits for two reconnections, not for ever: its client asks again.
    connectRedis(url, { maxRetriesPerRequest: 2 }),
    import('@key0/store-redis'),
  ])
  const store = new RedisChallengeStore({ redis, ...retention })
  const close = async (): Promise<void> => {
    await store.close()
    redis.disconnect()
  }
  const documents = new RedisDocumentStore({ redis })
  return { store, documents, lock: createWalletLock({ redis, leaseMs: GAS_LEASE_MS }), close }
}

async function openPostgres(url: string, retention: Partial<Retention>): Promise<Opened> {
  const [{ default: postgres }, engine] = await Promise.all([
    import('postgres'),
    import('@key0/store-postgres'),
  ])
  // No prepared statements, so that a pooler in transaction mode may stand in between.
  // Nor a question about types at every connection: one that is cut off meanwhile ends the process.
  const sql = postgres(url, {
    prepare: false,
    fetch_types: false,
    onnotice: () => {},
    connect_timeout: 10,
  })
  const store = new engine.PostgresChallengeStore({ sql, retention })
  const close = async (): Promise<void> => {
    await store.close()
    await sql.end({ timeout: 5 })
  }
  const lock = engine.createWalletLease({ sql, leaseMs: GAS_LEASE_MS })
  return { store, documents: new engine.PostgresDocumentStore({ sql }), lock, close }
}

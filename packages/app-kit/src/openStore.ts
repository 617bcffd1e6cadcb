import type { WalletLock } from '@key0/chain-evm'
import { type ChallengeStore, Key0Error, type StoreHealth } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { createSqliteStore } from '@key0/store-sqlite'
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
  switch (storage.kind) {
    case 'memory':
      return owned(createMemoryStore())
    case 'embedded':
      return owned(createSqliteStore({ dataDir: storage.dataDir }))
    case 'redis':
      return openRedis(storage.url)
    case 'postgres':
      return openPostgres(storage.url)
  }
}

function owned(store: ChallengeStore): Opened {
  return { store, close: () => store.close() }
}

async function openRedis(url: string): Promise<Opened> {
  const [redis, { createWalletLock, RedisChallengeStore }] = await Promise.all([
    // A request waits for two reconnections, not for ever: its client asks again.
    connectRedis(url, { maxRetriesPerRequest: 2 }),
    import('@key0/store-redis'),
  ])
  const store = new RedisChallengeStore({ redis })
  const close = async (): Promise<void> => {
    await store.close()
    redis.disconnect()
  }
  return { store, lock: createWalletLock({ redis, leaseMs: GAS_LEASE_MS }), close }
}

async function openPostgres(url: string): Promise<Opened> {
  const [{ default: postgres }, { createWalletLease, PostgresChallengeStore }] = await Promise.all([
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
  const store = new PostgresChallengeStore({ sql })
  const close = async (): Promise<void> => {
    await store.close()
    await sql.end({ timeout: 5 })
  }
  return { store, lock: createWalletLease({ sql, leaseMs: GAS_LEASE_MS }), close }
}

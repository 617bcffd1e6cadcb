import type { ChallengeStore, DocumentStore } from '@key0/core'
import { PostgresChallengeStore, PostgresDocumentStore } from '@key0/store-postgres'
import { RedisChallengeStore, RedisDocumentStore } from '@key0/store-redis'
import { createSqliteDocuments, createSqliteStore } from '@key0/store-sqlite'
import { Redis } from 'ioredis'
import postgres from 'postgres'

/** Where a store and its documents are, so that another process can be told. */
export type DispatchedPlace =
  | { readonly engine: 'redis'; readonly url: string; readonly keyPrefix: string }
  | { readonly engine: 'postgres'; readonly url: string }
  | { readonly engine: 'sqlite'; readonly dataDir: string }

export type Dispatched = AsyncDisposable & {
  readonly store: ChallengeStore
  readonly documents: DocumentStore
}

/** Opens the store and the documents of a place over a connection of their own. */
export function openDispatched(place: DispatchedPlace): Dispatched {
  if (place.engine === 'redis') {
    const redis = new Redis(place.url)
    const { keyPrefix } = place
    return {
      store: new RedisChallengeStore({ redis, keyPrefix }),
      documents: new RedisDocumentStore({ redis, keyPrefix }),
      [Symbol.asyncDispose]: async () => redis.disconnect(),
    }
  }
  if (place.engine === 'sqlite') {
    const { dataDir } = place
    // What is killed is a process, not the machine.
    const store = createSqliteStore({ dataDir, synchronous: 'NORMAL' })
    const documents = createSqliteDocuments({ dataDir })
    const close = async (): Promise<void> => {
      await Promise.all([store.close(), documents.close()])
    }
    return { store, documents, [Symbol.asyncDispose]: close }
  }
  const sql = postgres(place.url, { onnotice: () => {} })
  return {
    store: new PostgresChallengeStore({ sql }),
    documents: new PostgresDocumentStore({ sql }),
    [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }),
  }
}

import type { ChallengeStore, DocumentStore } from '@key0/core'
import { PostgresChallengeStore, PostgresDocumentStore } from '@key0/store-postgres'
import { RedisChallengeStore, RedisDocumentStore } from '@key0/store-redis'
import { Redis } from 'ioredis'
import postgres from 'postgres'

/** Where events are, for processes that share them. */
export type Place = { readonly engine: 'Redis' | 'PostgreSQL'; readonly url: string }

export type OpenPlace = AsyncDisposable & {
  readonly store: ChallengeStore
  readonly documents: DocumentStore
}

export function openPlace({ engine, url }: Place): OpenPlace {
  if (engine === 'Redis') {
    const redis = new Redis(url)
    return {
      store: new RedisChallengeStore({ redis }),
      documents: new RedisDocumentStore({ redis }),
      [Symbol.asyncDispose]: async () => redis.disconnect(),
    }
  }
  const sql = postgres(url, { onnotice: () => {} })
  return {
    store: new PostgresChallengeStore({ sql }),
    documents: new PostgresDocumentStore({ sql }),
    [Symbol.asyncDispose]: () => sql.end(),
  }
}

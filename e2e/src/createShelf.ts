import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChallengeStore, Clock } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { PostgresChallengeStore } from '@key0/store-postgres'
import { RedisChallengeStore } from '@key0/store-redis'
import { createSqliteStore } from '@key0/store-sqlite'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import type { Servers } from './servers.ts'

/** What a shop can keep its books in. */
export const storeKinds = ['memory', 'sqlite', 'redis', 'postgres'] as const
export type StoreKind = (typeof storeKinds)[number]

/** A store over a connection of its own, which goes with it. */
export type OpenStore = { readonly store: ChallengeStore; readonly close: () => Promise<void> }

/** Where a shop's store is kept, and what of it outlives a gateway. */
export type Shelf = {
  /** Called once for each gateway. */
  readonly open: () => OpenStore
  readonly remove: () => void
}

/** A new shelf that no other shop sees. */
export async function createShelf(kind: StoreKind, clock: Clock, servers: Servers): Promise<Shelf> {
  switch (kind) {
    case 'memory':
      return createMemoryShelf(clock)
    case 'sqlite':
      return createSqliteShelf(clock, servers.sqlitePath?.())
    case 'redis':
      return createRedisShelf(clock, await servers.redisUrl())
    case 'postgres':
      return createPostgresShelf(clock, await servers.createDatabase())
  }
}

function createMemoryShelf(clock: Clock): Shelf {
  const store = createMemoryStore({ clock })
  // Its content is the process's: what a restart loses here is all else that a gateway keeps.
  return { open: () => ({ store, close: async () => {} }), remove: () => {} }
}

function createSqliteShelf(clock: Clock, given?: string): Shelf {
  const directory = mkdtempSync(join(tmpdir(), 'key0-e2e-'))
  const path = given ?? join(directory, 'shop.sqlite')
  return {
    open: () => {
      const store = createSqliteStore({ path, clock, synchronous: 'NORMAL' })
      return { store, close: () => store.close() }
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

function createRedisShelf(clock: Clock, url: string): Shelf {
  const keyPrefix = `e2e-${randomBytes(8).toString('hex')}`
  return {
    open: () => {
      const redis = new Redis(url, { maxRetriesPerRequest: 2 })
      redis.on('error', () => {})
      const store = new RedisChallengeStore({ redis, keyPrefix, clock })
      const close = async (): Promise<void> => {
        await store.close()
        redis.disconnect()
      }
      return { store, close }
    },
    remove: () => {},
  }
}

function createPostgresShelf(clock: Clock, url: string): Shelf {
  return {
    open: () => {
      const sql = postgres(url, { prepare: false, max: 5, onnotice: () => {}, fetch_types: false })
      const store = new PostgresChallengeStore({ sql, clock })
      const close = async (): Promise<void> => {
        await store.close()
        await sql.end({ timeout: 5 })
      }
      return { store, close }
    },
    remove: () => {},
  }
}

import { randomBytes } from 'node:crypto'
import type { ChallengeStore } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { PostgresChallengeStore } from '@key0/store-postgres'
import { RedisChallengeStore } from '@key0/store-redis'
import { startPostgres } from '@key0/test-services'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { sharedServers } from '../src/servers.ts'
import type { Site } from './runOnStore.ts'

/** A store's server on which runs happen, each run on a site of its own. */
export type Ground = AsyncDisposable & {
  /** An empty site. It is the caller's until it asks for the next one with the same lane. */
  readonly prepare: (lane: number) => Promise<Site>
}

export type GroundKind = 'memory' | 'redis' | 'postgres'

const CONNECTIONS = 4

export async function openGround(kind: GroundKind): Promise<Ground> {
  switch (kind) {
    case 'memory':
      return openMemory()
    case 'redis':
      return await openRedis()
    case 'postgres':
      return await openPostgres()
  }
}

function openMemory(): Ground {
  return {
    async prepare() {
      let store: ChallengeStore | undefined
      return {
        open(clock) {
          store ??= createMemoryStore({ clock })
          return store
        },
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function openRedis(): Promise<Ground> {
  const url = await sharedServers.redisUrl()
  const lanes = new Map<number, readonly Redis[]>()
  const connect = (): readonly Redis[] =>
    Array.from({ length: CONNECTIONS }, () => new Redis(url, { maxRetriesPerRequest: 2 }))
  return {
    async prepare(lane) {
      const connections = lanes.get(lane) ?? connect()
      lanes.set(lane, connections)
      const keyPrefix = `crash-${randomBytes(8).toString('hex')}`
      let opened = 0
      return {
        open(clock) {
          const redis = connections[opened % CONNECTIONS]
          if (!redis) throw new Error('there is no connection')
          opened += 1
          return new RedisChallengeStore({ redis, keyPrefix, clock })
        },
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const redis of [...lanes.values()].flat()) redis.disconnect()
    },
  }
}

type Database = { readonly sql: postgres.Sql; readonly tables: readonly string[] }

/** A database for each lane, emptied past its own guards before each run. */
async function openPostgres(): Promise<Ground> {
  // It is our processes that die here, never the server: waiting for the disk shows nothing.
  const server = await startPostgres({ fsync: 'off' })
  const lanes = new Map<number, Promise<Database>>()
  const create = async (): Promise<Database> => {
    const sql = postgres(await server.createDatabase(), { max: CONNECTIONS, onnotice: () => {} })
    await new PostgresChallengeStore({ sql }).acked('nobody')
    const rows = await sql<{ tablename: string }[]>`
      select tablename from pg_tables
      where schemaname = 'public' and tablename not in ('key0_migrations', 'key0_stream')`
    return { sql, tables: rows.map(({ tablename }) => tablename) }
  }
  return {
    async prepare(lane) {
      const database = lanes.get(lane) ?? create()
      lanes.set(lane, database)
      const { sql, tables } = await database
      const empty = tables.map((table) => `delete from ${table};`).join('')
      await sql.unsafe(`set local session_replication_role = replica; ${empty}`)
      return { open: (clock) => new PostgresChallengeStore({ sql, clock }) }
    },
    [Symbol.asyncDispose]: async () => {
      for (const database of lanes.values()) await (await database).sql.end({ timeout: 5 })
      await server.stop()
    },
  }
}

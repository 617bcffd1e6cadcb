import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChallengeStore } from '@key0/core'
import { PostgresChallengeStore } from '@key0/store-postgres'
import { RedisChallengeStore } from '@key0/store-redis'
import { createSqliteStore } from '@key0/store-sqlite'
import { startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { sharedServers } from '../src/servers.ts'
import type { Env } from './startGateway.ts'

/** A store that several programs open, and we beside them. */
export type Shared = {
  readonly env: Env
  readonly open: () => ChallengeStore
}

export type SharedKind = 'redis' | 'postgres' | 'embedded'

export async function openShared(kind: SharedKind, stack: AsyncDisposableStack): Promise<Shared> {
  switch (kind) {
    case 'redis':
      return await openRedis(stack)
    case 'postgres':
      return await openPostgres(stack)
    case 'embedded':
      return openEmbedded(stack)
  }
}

/** Everything in one Redis: the challenges and the queue. */
async function openRedis(stack: AsyncDisposableStack): Promise<Shared> {
  const server = stack.use(await startRedis())
  const redis = new Redis(server.url)
  redis.on('error', () => {})
  stack.defer(() => redis.disconnect())
  return { env: { REDIS_URL: server.url }, open: () => new RedisChallengeStore({ redis }) }
}

/** No Redis at all: each worker has a timer. */
async function openPostgres(stack: AsyncDisposableStack): Promise<Shared> {
  const url = await sharedServers.createDatabase()
  const sql = postgres(url, { prepare: false, max: 2, onnotice: () => {} })
  stack.defer(() => sql.end({ timeout: 5 }))
  return { env: { DATABASE_URL: url }, open: () => new PostgresChallengeStore({ sql }) }
}

/** One machine: all open the same file, and each worker has a timer. */
function openEmbedded(stack: AsyncDisposableStack): Shared {
  const dataDir = mkdtempSync(join(tmpdir(), 'key0-shared-'))
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  return {
    env: { STORAGE_BACKEND: 'embedded', KEY0_DATA_DIR: dataDir },
    open: () => createSqliteStore({ dataDir }),
  }
}

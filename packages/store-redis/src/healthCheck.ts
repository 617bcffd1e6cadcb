import type { StoreHealth } from '@key0/core'
import type { Redis } from 'ioredis'
import { parseInfo } from './continuity/parseInfo.ts'
import type { Keys } from './keys.ts'
import type { RedisClient } from './ops/createRunner.ts'

/** Where money is owed; a member of these without a record is lost data. */
const OWING = ['PAID', 'REFUND_PENDING'] as const
/** So many of each are looked at; a check is asked every few seconds. */
const SAMPLE = 10

type Findings = {
  /** It cannot be worked with. */
  readonly broken: readonly string[]
  /** What was acknowledged may be lost. */
  readonly lossy: readonly string[]
}

export type HealthOptions = {
  readonly redis: RedisClient
  /** Where the records are: in one place, or in every shard. */
  readonly records: readonly Keys[]
  /** How many replicas each write waits for. */
  readonly waitsFor: number
  /** Whether the data is still what this process saw; what is wrong with it, as sentences. */
  readonly lookBack: () => Promise<readonly string[]>
}

/** Asks Redis how it keeps data, and whether it is still the data that was seen before. */
export function createHealthCheck(options: HealthOptions): () => Promise<StoreHealth> {
  const { redis, waitsFor } = options
  return async () => {
    try {
      await redis.ping()
      const nodes = 'nodes' in redis ? redis.nodes('master') : [redis]
      const found = await Promise.all(nodes.map((node) => examine(node, waitsFor)))
      const broken = found.flatMap((each) => each.broken)
      const lossy = found.flatMap((each) => each.lossy)
      const lost = broken.length > 0 ? [] : await findLosses(options)
      const problems = [...new Set([...broken, ...lost, ...lossy])]
      return { ok: broken.length === 0, durable: problems.length === 0, problems }
    } catch (error) {
      return { ok: false, durable: false, problems: [`Redis does not answer: ${error}`] }
    }
  }
}

async function examine(node: Redis, waitsFor: number): Promise<Findings> {
  const info = parseInfo(await node.info())
  const broken = [
    ...(info.role === 'master' ? [] : ['This Redis is a replica. Name its primary.']),
    ...(info.loading === '1' ? ['Redis is still loading its data.'] : []),
    ...(info.aof_last_write_status === 'err'
      ? ['Redis cannot write its append-only file. Look at its disk.']
      : []),
  ]
  const evicted = Number(info.evicted_keys ?? 0)
  const replicas = Number(info.connected_slaves ?? 0)
  const lossy = [
    ...(await examineSettings(node)),
    ...(evicted > 0 ? [`Redis has evicted ${evicted} keys: records may be missing.`] : []),
    ...judgeReplicas(replicas, waitsFor, info.redis_mode === 'cluster'),
  ]
  return { broken, lossy }
}

function judgeReplicas(replicas: number, waitsFor: number, isCluster: boolean): readonly string[] {
  if (replicas < waitsFor)
    return [`Writes wait for ${waitsFor} replicas and ${replicas} are connected.`]
  if (replicas === 0 || waitsFor > 0) return []
  const loss = 'A failover may lose acknowledged writes.'
  return [isCluster ? loss : `${loss} Set the option waitForReplicas.`]
}

async function examineSettings(node: Redis): Promise<readonly string[]> {
  let settings: Readonly<Record<string, string>>
  try {
    settings = await readSettings(node)
  } catch {
    return [
      'The settings of Redis cannot be read. Check by hand: maxmemory-policy noeviction, ' +
        'appendonly yes, appendfsync always.',
    ]
  }
  const { appendonly, appendfsync } = settings
  const policy = settings['maxmemory-policy']
  const evicts = policy !== 'noeviction'
  return [
    ...(evicts
      ? [`Redis may evict records (maxmemory-policy ${policy}). Set maxmemory-policy noeviction.`]
      : []),
    ...(appendonly === 'yes'
      ? []
      : ['Redis loses its data when it stops. Set appendonly yes and appendfsync always.']),
    ...(appendonly === 'yes' && appendfsync !== 'always'
      ? [
          `The last writes may be lost when Redis fails (appendfsync ${appendfsync}). ` +
            'Set appendfsync always.',
        ]
      : []),
  ]
}

async function readSettings(node: Redis): Promise<Readonly<Record<string, string>>> {
  const names = ['maxmemory-policy', 'appendonly', 'appendfsync']
  const values = await Promise.all(
    names.map(async (name) => {
      const answer = await node.config('GET', name)
      const value = Array.isArray(answer) ? answer[1] : (answer as Record<string, string>)[name]
      return [name, String(value)]
    }),
  )
  return Object.fromEntries(values)
}

async function findLosses({ redis, records, lookBack }: HealthOptions): Promise<readonly string[]> {
  const lost = await lookBack()
  if (lost.length > 0) return lost
  const gone = await Promise.all(records.map((shard) => countGhosts(redis, shard)))
  return gone.some((count) => count > 0)
    ? ['Records in which money is owed are gone from the store.']
    : []
}

async function countGhosts(redis: RedisClient, keys: Keys): Promise<number> {
  const sets = [...OWING.map(keys.due), keys.paid, keys.leased]
  const ids = (await Promise.all(sets.map((set) => redis.zrange(set, '0', `${SAMPLE - 1}`)))).flat()
  const found = await Promise.all([...new Set(ids)].map((id) => redis.exists(keys.challenge(id))))
  return found.filter((exists) => exists === 0).length
}

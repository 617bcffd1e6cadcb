import { randomUUID } from 'node:crypto'
import type { StoreHealth } from '@key0/core'
import type { Redis } from 'ioredis'
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
  readonly keys: Keys
  /** Where the records are: the same, or those of every shard. */
  readonly records: readonly Keys[]
  /** How many replicas each write waits for. */
  readonly waitsFor: number
}

/**
 * Asks Redis how it keeps data, and whether it is still the data seen before: the deployment's
 * name and the highest sequence are remembered for as long as the process lives.
 */
export function createHealthCheck(options: HealthOptions): () => Promise<StoreHealth> {
  const { redis, waitsFor } = options
  const witness = createWitness(options)
  return async () => {
    try {
      await redis.ping()
      const nodes = 'nodes' in redis ? redis.nodes('master') : [redis]
      const found = await Promise.all(nodes.map((node) => examine(node, waitsFor)))
      const broken = found.flatMap((each) => each.broken)
      const lossy = found.flatMap((each) => each.lossy)
      const lost = broken.length > 0 ? [] : await witness()
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

function parseInfo(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'))
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

/** Notices that the data is not what it was: flushed, restored from older files, or evicted. */
function createWitness({ redis, keys, records }: HealthOptions): () => Promise<readonly string[]> {
  let deployment: string | undefined
  let sequence = 0
  return async () => {
    await redis.set(keys.deployment, randomUUID(), 'NX')
    const named = (await redis.get(keys.deployment)) ?? ''
    const reached = Number((await redis.get(keys.sequence)) ?? 0)
    deployment ??= named
    if (named !== deployment)
      return ['The data of this store is gone and was begun anew since this process started.']
    if (reached < sequence)
      return [`The store went back from event ${sequence} to ${reached}: writes were lost.`]
    sequence = reached
    const gone = await Promise.all(records.map((shard) => countGhosts(redis, shard)))
    return gone.some((count) => count > 0)
      ? ['Records in which money is owed are gone from the store.']
      : []
  }
}

async function countGhosts(redis: RedisClient, keys: Keys): Promise<number> {
  const sets = [...OWING.map(keys.due), keys.paid, keys.leased]
  const ids = (await Promise.all(sets.map((set) => redis.zrange(set, '0', `${SAMPLE - 1}`)))).flat()
  const found = await Promise.all([...new Set(ids)].map((id) => redis.exists(keys.challenge(id))))
  return found.filter((exists) => exists === 0).length
}

import { Key0Error } from '@key0/core'
import { Cluster, Redis, type RedisOptions } from 'ioredis'

/** The workers' blocking commands wait for as long as Redis is away. */
const patience = { maxRetriesPerRequest: null } as const

/**
 * A connection of the queue's own. Several URLs are nodes of one cluster; user, password and TLS
 * are then those of the first.
 *
 * @throws CONFIG_INVALID when one is no Redis URL; it is not repeated, for it may hold a password
 */
export function connectRedis(redisUrl: string | readonly string[]): Redis | Cluster {
  const urls = [redisUrl].flat()
  const [first, ...others] = urls
  if (first === undefined || !urls.every(isRedisUrl)) {
    const facts = { field: 'redisUrl', expected: 'one or more redis:// or rediss:// URLs' }
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
  if (others.length === 0) return new Redis(first, patience)
  const nodes = urls.map((url) => new URL(url))
  return new Cluster(
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) })),
    toClusterOptions(new URL(first)),
  )
}

/** A cluster names its nodes by addresses; their certificates are for the name we know. */
export function toClusterOptions({ username, password, protocol, hostname }: URL): {
  readonly redisOptions: Pick<
    RedisOptions,
    'username' | 'password' | 'tls' | 'maxRetriesPerRequest'
  >
} {
  return {
    redisOptions: {
      ...patience,
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: { servername: hostname } }),
    },
  }
}

function isRedisUrl(url: string): boolean {
  return URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)
}

import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { inject } from 'vitest'
import { RedisChallengeStore, type RedisChallengeStoreOptions } from '../src/exports/index.ts'

/** A prefix that no other test has. */
export const newPrefix = (): string => `test-${randomUUID()}`

/** A connection to the run's server, or to the one named; closed at the end of its scope. */
export function connect(url: string = inject('redisUrl')): Redis & Disposable {
  const redis = new Redis(url)
  return Object.assign(redis, { [Symbol.dispose]: () => redis.disconnect() })
}

/** A store of its own data on a connection. */
export function openStore(
  redis: Redis,
  options: Partial<RedisChallengeStoreOptions> = {},
): { readonly store: RedisChallengeStore; readonly prefix: string } {
  const prefix = newPrefix()
  return { store: new RedisChallengeStore({ redis, keyPrefix: prefix, ...options }), prefix }
}

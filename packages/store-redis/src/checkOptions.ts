import { Key0Error } from '@key0/core'
import type { RedisChallengeStoreOptions } from './RedisChallengeStore.ts'

const lifetimes = [
  'challengeTTLSeconds',
  'recordTTLSeconds',
  'deliveredTTLSeconds',
  'pendingTTLSeconds',
] as const

/**
 * Refuses what could only be a mistake.
 *
 * @throws CONFIG_INVALID, naming the option
 */
export function checkOptions(options: RedisChallengeStoreOptions): void {
  for (const field of lifetimes) {
    const seconds = options[field]
    if (seconds !== undefined && !(Number.isFinite(seconds) && seconds > 0))
      refuse(field, 'a positive number of seconds')
  }
  const { redis, waitForReplicas, shards = 1 } = options
  if (!Number.isInteger(shards) || shards < 1) refuse('shards', 'a whole number from 1')
  if (shards > 1 && !redis.isCluster) refuse('shards', '1, because this client is no cluster’s')
  if (waitForReplicas === undefined) return
  const { count, timeoutMs } = waitForReplicas
  if (redis.isCluster) refuse('waitForReplicas', 'nothing: a cluster cannot be waited for')
  if (!Number.isInteger(count) || count < 1)
    refuse('waitForReplicas.count', 'a whole number from 1')
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1)
    refuse('waitForReplicas.timeoutMs', 'a whole number from 1')
}

function refuse(field: string, expected: string): never {
  throw new Key0Error('CONFIG_INVALID', { facts: { field, expected } })
}

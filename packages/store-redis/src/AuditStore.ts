import type { ChallengeStore } from '@key0/core'
import { decodeEntry } from './auditEntry.ts'
import type { Keys } from './keys.ts'
import { asking, type RedisClient, type Run } from './ops/createRunner.ts'

/** The audit trail: what a store tells beside its records. */
export type AuditStore = Pick<ChallengeStore, 'history' | 'events' | 'ack' | 'acked'>

/** The name the specification uses. */
export type IAuditStore = AuditStore

/** The trail of a deployment whose keys are all in one place. */
export function createTrail(redis: RedisClient, keys: Keys, run: Run): AuditStore {
  return {
    async history(id) {
      const entries = await asking(redis.lrange(keys.audit(id), 0, -1))
      return entries.map((text) => decodeEntry(id, text))
    },

    async events(after, limit) {
      if (limit < 1) return []
      const args = [keys.prefix, String(after), String(limit)]
      const found = (await run('events', [keys.events], args)) as readonly [string, string][]
      return found.map(([id, text]) => decodeEntry(id, text))
    },

    async ack(consumer, sequence) {
      await run('ack', [keys.acks], [consumer, String(sequence)])
    },

    acked: async (consumer) => Number((await asking(redis.hget(keys.acks, consumer))) ?? 0),
  }
}

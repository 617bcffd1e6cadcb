import type { AuditEntry } from '@key0/core'
import type { AuditStore } from '../AuditStore.ts'
import { decodeEntry } from '../auditEntry.ts'
import { asking } from '../ops/createRunner.ts'
import type { Shard, ShardedContext } from './ShardedContext.ts'

/** So many events are carried over at once. */
const PAGE = 500

type Context = Pick<ShardedContext, 'redis' | 'run' | 'shards' | 'shardOf' | 'common'>

export type ShardedTrail = AuditStore & {
  /** Gives every event that was written until now its place in the common stream. */
  readonly carryAll: () => Promise<void>
}

/**
 * The audit trail over all shards. Each shard's stream is an outbox, written in the same step as
 * the records; whoever reads carries what is in it over to one common stream first, which gives
 * every event its place. The order within a shard, and so within a challenge, is kept.
 */
export function createShardedTrail(context: Context): ShardedTrail {
  const { redis, run, shards, shardOf, common } = context
  const orderKey = (id: string): string => `${common.prefix}:order:${id}`

  const carry = async (shard: Shard): Promise<void> => {
    for (;;) {
      const { events, prefix } = shard.keys
      const page = await run('outboxRead', [events], [prefix, String(PAGE)])
      const items = page as readonly (readonly [string, string, string, string])[]
      if (items.length > 0) {
        const names = [common.events, common.sequence, `${common.prefix}:carried`]
        await run('eventsAppend', names, [common.prefix, prefix, ...items.flat()])
        await asking(redis.xdel(events, ...items.map(([sequence]) => `${sequence}-0`)))
      }
      if (items.length < PAGE) return forget(shard)
    }
  }
  /** What a shard forgot leaves the common stream as well. */
  const forget = async (shard: Shard): Promise<void> => {
    const key = `${shard.keys.prefix}:forgotten`
    for (const id of await asking(redis.lrange(key, 0, PAGE - 1))) {
      await run('eventsForget', [common.events, orderKey(id)], [])
      await asking(redis.lrem(key, 1, id))
    }
  }

  const carryAll = async (): Promise<void> => {
    await Promise.all(shards.map(carry))
  }

  return {
    carryAll,

    async history(id): Promise<readonly AuditEntry[]> {
      const shard = shardOf(id)
      for (;;) {
        const entries = await asking(redis.lrange(shard.keys.audit(id), 0, -1))
        const order = entries.length === 0 ? {} : await asking(redis.hgetall(orderKey(id)))
        if (entries.every((_, i) => order[i] !== undefined))
          return entries.map((text, i) => ({
            ...decodeEntry(id, text),
            sequence: Number(order[i]),
          }))
        await carry(shard)
      }
    },

    async events(after, limit) {
      if (limit < 1) return []
      await carryAll()
      const range = redis.xrange(common.events, `(${after}-0`, '+', 'COUNT', limit)
      return (await asking(range)).map(([place, [, id = '', , text = '']]) => ({
        ...decodeEntry(id, text),
        sequence: Number(place.slice(0, place.indexOf('-'))),
      }))
    },

    async ack(consumer, sequence) {
      await run('ack', [common.acks], [consumer, String(sequence)])
    },

    acked: async (consumer) => Number((await asking(redis.hget(common.acks, consumer))) ?? 0),
  }
}

import { createHash } from 'node:crypto'
import { type ChallengeRecord, forgetAtMs, type Retention } from '@key0/core'
import { createKeys, type Keys } from '../keys.ts'
import { createRunner, type RedisClient, type Run } from '../ops/createRunner.ts'
import { createSlotReads } from '../slot/createSlotReads.ts'
import { createSlotWrites } from '../slot/createSlotWrites.ts'
import { createSlotContext, type SlotContext, type SlotOptions } from '../slot/SlotContext.ts'

export type Shard = SlotContext &
  ReturnType<typeof createSlotReads> &
  ReturnType<typeof createSlotWrites>

/**
 * Where the data of a deployment is on a cluster. A record is in its shard's slot with everything
 * that is derived from it; a claim and a request id are each in a slot of their own; what counts
 * over all shards (events, acknowledgements) is in one slot.
 */
export type ShardedContext = {
  readonly redis: RedisClient
  readonly run: Run
  readonly shards: readonly Shard[]
  readonly shardOf: (id: string) => Shard
  /** Claims and request ids. */
  readonly spread: Keys
  /** Events, acknowledgements and what older deployments left. */
  readonly common: Keys
  /** For how long the request id of a record names it, in ms; "" for good, "0" no more. */
  readonly namedFor: (record: ChallengeRecord) => string
}

export type ShardedOptions = Omit<SlotOptions, 'prefix'> & {
  readonly keyPrefix: string
  readonly count: number
}

export function createShardedContext(options: ShardedOptions): ShardedContext {
  const { redis, keyPrefix, count, retention, clock, challengeTTLSeconds } = options
  const shards = Array.from({ length: count }, (_, index) => {
    const prefix = `{${keyPrefix}:${index}}`
    const context = createSlotContext({ ...options, prefix, challengeTTLSeconds: 0 })
    return { ...context, ...createSlotReads(context), ...createSlotWrites(context) }
  })
  const nowMs = (): number => (clock ? clock.nowMs() : Date.now())
  return {
    redis,
    run: createRunner(redis),
    shards,
    shardOf: (id) => shards[indexOf(id, count)] as Shard,
    spread: createKeys(keyPrefix),
    common: createKeys(`{${keyPrefix}}`),
    namedFor: (record) => namedFor(record, retention, challengeTTLSeconds * 1000, nowMs()),
  }
}

function indexOf(id: string, count: number): number {
  return createHash('sha1').update(id).digest().readUInt32BE(0) % count
}

/** The twin of `indexRequest` in `ops/includes/records.lua`. */
function namedFor(
  record: ChallengeRecord,
  retention: Retention,
  unpaidMs: number,
  nowMs: number,
): string {
  if (record.state === 'EXPIRED' || record.state === 'CANCELLED') return '0'
  const forget = forgetAtMs(record, retention)
  if (forget === undefined) return ''
  const { createdAt, expiresAt } = record
  const ends =
    record.state === 'PENDING'
      ? Math.max(createdAt.getTime() + unpaidMs, expiresAt.getTime())
      : forget
  return String(Math.max(ends - nowMs, 0))
}

import type { ChallengeStore, StoreHealth } from '@key0/core'
import { beatBySwap, type WitnessCell } from '@key0/core/local'
import { type AuditStore, createTrail } from './AuditStore.ts'
import { adoptRecords } from './adoptRecords.ts'
import { createMemory } from './continuity/createMemory.ts'
import { createWitnessCell } from './continuity/createWitnessCell.ts'
import { createHealthCheck, type HealthOptions } from './healthCheck.ts'
import { choosePrefix, chooseTag } from './keys.ts'
import type { RedisChallengeStoreOptions } from './RedisChallengeStore.ts'
import { createShardedReads } from './sharded/createShardedReads.ts'
import { createShardedTrail } from './sharded/createShardedTrail.ts'
import { createShardedWitness } from './sharded/createShardedWitness.ts'
import { createShardedWrites } from './sharded/createShardedWrites.ts'
import { createShardedContext, type ShardedOptions } from './sharded/ShardedContext.ts'
import { createSlotReads } from './slot/createSlotReads.ts'
import { createSlotWrites } from './slot/createSlotWrites.ts'
import { createSlotContext } from './slot/SlotContext.ts'

/** All operations of a store, in one place or over shards. */
export type Parts = Omit<ChallengeStore, 'close' | 'healthCheck'> & {
  readonly adopt: () => Promise<number>
  readonly health: () => Promise<StoreHealth>
}

/** Puts the operations of a store together as its options say. */
export function openParts(options: RedisChallengeStoreOptions): Parts {
  const { redis, keyPrefix = 'key0', challengeTTLSeconds = 900, waitForReplicas } = options
  const { recordTTLSeconds = 604_800, deliveredTTLSeconds = 43_200 } = options
  const { pendingTTLSeconds = 604_800, clock, shards = 1 } = options
  const retention = { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds }
  const common = { redis, retention, challengeTTLSeconds, waitForReplicas, clock }
  if (shards > 1) {
    const tag = chooseTag(redis, keyPrefix)
    return openShards({ ...common, keyPrefix: tag, count: shards })
  }
  const context = createSlotContext({ ...common, prefix: choosePrefix(redis, keyPrefix) })
  const { keys, run, begin } = context
  const waitsFor = waitForReplicas?.count ?? 0
  return {
    ...createSlotReads(context),
    ...createSlotWrites(context),
    ...createTrail(redis, keys, run),
    adopt: () => adoptRecords(redis, keys, run, begin()),
    ...createLife(() => createWitnessCell({ redis, keys, run, clock }), {
      ...{ redis, records: [keys], waitsFor },
    }),
  }
}

function openShards(options: ShardedOptions): Parts {
  const context = createShardedContext(options)
  const { redis, shards, common } = context
  const nowMs = (): number => options.clock?.nowMs() ?? Date.now()
  const trail = createShardedTrail(context)
  const { carryAll } = trail
  const witness = { ...context, keys: common, clock: options.clock, carryAll }
  return {
    ...createShardedReads(context, nowMs),
    ...createShardedWrites(context),
    ...trail,
    async adopt() {
      let adopted = 0
      for (const { keys, run, begin } of shards)
        adopted += await adoptRecords(redis, keys, run, begin())
      return adopted
    },
    ...createLife(() => createShardedWitness(witness), {
      ...{ redis, records: shards.map(({ keys }) => keys), waitsFor: 0 },
    }),
  }
}

/** The signs of life and the health, which look at one witness. A cell is for one look. */
function createLife(
  openCell: () => WitnessCell,
  options: Omit<HealthOptions, 'lookBack'>,
): Pick<Parts, 'beat' | 'health'> {
  const memory = createMemory()
  return {
    async beat(heartbeat) {
      const seen = await beatBySwap(openCell(), heartbeat)
      memory.keep(seen)
      return seen
    },
    health: createHealthCheck({
      ...options,
      lookBack: async () => memory.compare(await openCell().read()),
    }),
  }
}

/** The trail alone, for a process that needs nothing else. */
export function openTrail(
  options: Pick<RedisChallengeStoreOptions, 'redis' | 'keyPrefix' | 'shards'>,
): AuditStore {
  return openParts(options)
}

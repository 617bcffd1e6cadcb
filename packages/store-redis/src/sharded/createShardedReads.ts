import { type ChallengeRecord, type ChallengeStore, dueAtMs, isLive } from '@key0/core'
import { asking } from '../ops/createRunner.ts'
import type { Shard, ShardedContext } from './ShardedContext.ts'

type Reads = Pick<
  ChallengeStore,
  'get' | 'findActiveByRequestId' | 'getClaim' | 'findPendingForRefund' | 'due'
>

/** The questions over all shards: lists are asked of each and merged in their order. */
export function createShardedReads(context: ShardedContext, nowMs: () => number): Reads {
  const { redis, shards, shardOf, spread, common } = context
  const merge = async (
    ask: (shard: Shard) => Promise<readonly ChallengeRecord[]>,
    orderOf: (record: ChallengeRecord) => number,
    limit: number,
  ): Promise<readonly ChallengeRecord[]> => {
    const found = (await Promise.all(shards.map(ask))).flat()
    const byId = (one: ChallengeRecord, other: ChallengeRecord): number =>
      Buffer.compare(Buffer.from(one.challengeId), Buffer.from(other.challengeId))
    return found
      .toSorted((one, other) => orderOf(one) - orderOf(other) || byId(one, other))
      .slice(0, Math.max(limit, 0))
  }
  return {
    get: (id) => shardOf(id).get(id),

    findActiveByRequestId: async (requestId, scope) => {
      const id = await asking(redis.get(spread.request(scope, requestId)))
      const record = id === null ? undefined : await shardOf(id).get(id)
      // A creation that was refused may have left its request id at another's record.
      if (record?.scope !== scope || record.requestId !== requestId) return undefined
      return isLive(record, nowMs()) ? record : undefined
    },

    getClaim: async (paymentRef) => {
      const names = ['challengeId', 'disposition'] as const
      const key = spread.claim(paymentRef)
      const [owner, disposition] = await asking(redis.hmget(key, ...names))
      const known = disposition as 'RESERVED' | 'APPLIED' | null | undefined
      if (owner && known) return { paymentRef, challengeId: owner, disposition: known }
      const seen = await asking(redis.get(common.seenTx(paymentRef)))
      return seen === null ? undefined : { paymentRef, challengeId: seen, disposition: 'APPLIED' }
    },

    findPendingForRefund: (cutoff, limit) =>
      merge(
        (shard) => shard.findPendingForRefund(cutoff, limit),
        ({ paidAt }) => paidAt?.getTime() ?? 0,
        limit,
      ),

    due: (now, limit, state) =>
      merge(
        (shard) => shard.due(now, limit, state),
        (record) => dueAtMs(record) ?? 0,
        limit,
      ),
  }
}

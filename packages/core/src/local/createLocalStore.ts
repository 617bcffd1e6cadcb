import type { Continuity, Heartbeat } from '../continuity/Continuity.ts'
import { decodeContinuity, encodeContinuity } from '../continuity/continuityCodec.ts'
import { judgeBeat } from '../continuity/judgeBeat.ts'
import { defaultRetention, type Retention } from '../lifecycle/retention.ts'
import type { ChallengeStore, StoreHealth } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import { createRecords } from './records.ts'
import type { Tables } from './Tables.ts'
import { createWrites } from './writes.ts'

export type LocalStoreOptions = {
  readonly clock: Clock
  readonly retention?: Partial<Retention>
  readonly health: () => StoreHealth
}

/**
 * The one meaning of every store operation for stores that live in one process. The memory store
 * and the embedded store are this over two kinds of tables; the servers' scripts mirror it.
 */
export function createLocalStore(tables: Tables, options: LocalStoreOptions): ChallengeStore {
  const { clock } = options
  const records = createRecords(tables, clock, { ...defaultRetention, ...options.retention })
  return {
    ...createWrites(tables, records),
    get: async (id) => records.read(id),
    findActiveByRequestId: async (requestId, scope) => records.findLive(scope, requestId),
    getClaim: async (paymentRef) => tables.getClaim(paymentRef),
    findPendingForRefund: async (cutoff, limit) =>
      tables.refundable(cutoff.getTime(), clock.nowMs(), limit),
    // Forgotten records that nobody sweeps would stand at the head for good and hide living ones.
    due: async (now, limit, state) =>
      tables.atomically(() => {
        records.sweep(limit)
        return records.due(now.getTime(), limit, state)
      }),
    history: async (id) => tables.history(id),
    events: async (after, limit) => tables.events(after, limit),
    ack: async (consumer, sequence) => tables.putAck(consumer, sequence),
    acked: async (consumer) => tables.getAck(consumer),
    beat: async (heartbeat) => tables.atomically(() => beat(tables, clock, heartbeat)),
    healthCheck: async () => options.health(),
    close: async () => tables.close(),
  }
}

/** What lives in one process has no engine that could lose writes without telling. */
const LINEAGE = 'local'

function beat(tables: Tables, clock: Clock, heartbeat: Heartbeat): Continuity {
  const stored = tables.getWitness()
  const continuity = judgeBeat(
    stored === undefined ? undefined : decodeContinuity(stored),
    heartbeat,
    { lineage: LINEAGE, highestEvent: tables.highestEvent(), nowMs: clock.nowMs() },
  )
  tables.putWitness(encodeContinuity(continuity))
  return continuity
}

import type { ChallengeRecord, ChallengeStore, Clock, Retention } from '@key0/core'
import { createLocalStore, type RecordIndex, type Tables } from '@key0/core/local'
import { createMemoryTables } from '@key0/core/memory'

/** A store with one realistic bug, and the law that must notice it. */
export type Mutant = {
  readonly bug: string
  readonly breaks: string
  readonly make: (clock: Clock, retention?: Partial<Retention>) => ChallengeStore
}

type Change<whole> = (original: whole, clock: Clock) => Partial<whole>

/** The memory store over tables that misbehave. */
export function overTables(change: Change<Tables>): Mutant['make'] {
  return (clock, retention) => {
    const tables = createMemoryTables()
    return localStore(Object.assign(tables, change({ ...tables }, clock)), clock, retention)
  }
}

/** The memory store with operations that misbehave. */
export function overStore(
  change: (store: ChallengeStore, tables: Tables) => Partial<ChallengeStore>,
): Mutant['make'] {
  return (clock, retention) => {
    const tables = createMemoryTables()
    const store = localStore(tables, clock, retention)
    return { ...store, ...change(store, tables) }
  }
}

function localStore(
  tables: Tables,
  clock: Clock,
  retention: Partial<Retention> = {},
): ChallengeStore {
  const problems = ['This store is broken on purpose.']
  return createLocalStore(tables, {
    clock,
    retention,
    health: () => ({ ok: true, durable: false, problems }),
  })
}

/** A store whose guard does not look at one field when it moves into one of these states. */
export function blindTo(
  field: 'intent' | 'accessGrant' | 'response' | 'held' | 'refund',
  into: readonly string[],
): Mutant['make'] {
  return (clock) => {
    const broken = createMemoryTables()
    const tables = { ...broken }
    let blind = false
    const store = localStore(
      Object.assign(broken, {
        getRecord(id: string) {
          const record = tables.getRecord(id)
          if (!blind || !record) return record
          const { [field]: _, ...rest } = record
          return rest
        },
        putRecord(record: ChallengeRecord, index: RecordIndex) {
          const hidden = tables.getRecord(record.challengeId)?.[field]
          const whole = blind && hidden ? { [field]: hidden, ...record } : record
          tables.putRecord(whole as ChallengeRecord, index)
        },
      }),
      clock,
    )
    return {
      ...store,
      transition(move) {
        blind = into.includes(move.to)
        // The step has run when this returns: it is synchronous under its promise.
        const outcome = store.transition(move)
        blind = false
        return outcome
      },
    }
  }
}

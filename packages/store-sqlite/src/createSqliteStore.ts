import type { ChallengeStore, Clock, Retention } from '@key0/core'
import { createLocalStore } from '@key0/core/local'
import { createHealthCheck } from './healthCheck.ts'
import { type SqliteLocation, toPath } from './location.ts'
import { openDatabase, type Synchronous } from './openDatabase.ts'
import { createSqliteTables } from './sqliteTables.ts'

export type SqliteStoreOptions = SqliteLocation & {
  /** Default: the machine's. */
  readonly clock?: Clock
  readonly retention?: Partial<Retention>
  /**
   * `FULL`, the default, waits for the disk at every write. `NORMAL` survives a crash of the
   * process but may lose the last writes when the machine fails, and `healthCheck` says so.
   */
  readonly synchronous?: Synchronous
}

/**
 * A durable store in one SQLite file, made when there is none. Several processes of one machine
 * may have the same file open: SQLite's lock makes every step of theirs happen one at a time.
 *
 * @throws CONFIG_INVALID when the file is not a database of Key0, is of a newer release, or lies
 * where no write-ahead log works; STORE_UNAVAILABLE when it cannot be read now
 */
export function createSqliteStore(options: SqliteStoreOptions): ChallengeStore {
  const { clock = { nowMs: () => Date.now() }, retention, synchronous = 'FULL' } = options
  const path = toPath(options)
  const db = openDatabase(path, synchronous)
  return createLocalStore(createSqliteTables(db), {
    clock,
    ...(retention && { retention }),
    health: createHealthCheck(db, path, synchronous),
  })
}

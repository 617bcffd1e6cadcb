/*
 * A durable store for one machine, on the SQLite that ships with Node.
 */
export {
  createSqliteStore,
  type SqliteLocation,
  type SqliteStoreOptions,
} from '../createSqliteStore.ts'
export type { Synchronous } from '../openDatabase.ts'

/*
 * A durable store for one machine, on the SQLite that ships with Node.
 */
export { createSqliteDocuments } from '../createSqliteDocuments.ts'
export { createSqliteStore, type SqliteStoreOptions } from '../createSqliteStore.ts'
export type { SqliteLocation } from '../location.ts'
export type { Synchronous } from '../openDatabase.ts'

/*
 * Stores in PostgreSQL. They take a client (postgres.js or one that is called like it) and never
 * import one.
 */
export {
  createWalletLease,
  type PostgresWalletLease,
  type WalletLeaseOptions,
} from '../createWalletLease.ts'
export type { PostgresOptions, PostgresStoreOptions } from '../options.ts'
export { type AuditStore, PostgresAuditStore } from '../PostgresAuditStore.ts'
export { PostgresChallengeStore } from '../PostgresChallengeStore.ts'
export { PostgresDocumentStore } from '../PostgresDocumentStore.ts'
export { PostgresSeenTxStore } from '../PostgresSeenTxStore.ts'
export type { Sql } from '../Sql.ts'

/*
 * A store on Redis, in the keys of the specification. Every step is one atomic script.
 */
export type { AuditStore, IAuditStore } from '../AuditStore.ts'
export { createProofStore, type ProofStore, type ProofStoreOptions } from '../createProofStore.ts'
export {
  createWalletLock,
  type RedisWalletLock,
  type WalletLockOptions,
} from '../createWalletLock.ts'
export type { RedisClient } from '../ops/createRunner.ts'
export { RedisAuditStore, type RedisAuditStoreOptions } from '../RedisAuditStore.ts'
export { RedisChallengeStore, type RedisChallengeStoreOptions } from '../RedisChallengeStore.ts'
export { RedisDocumentStore, type RedisDocumentStoreOptions } from '../RedisDocumentStore.ts'
export { RedisSeenTxStore, type RedisSeenTxStoreOptions } from '../RedisSeenTxStore.ts'

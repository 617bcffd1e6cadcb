import { asking, type RedisClient } from './ops/createRunner.ts'

/** The pair that a seller's payment gate asks whether a proof was seen. */
export type ProofStore = {
  /** Whether the proof was used; a hint only: the claim is `markUsed`. */
  readonly isUsed: (ref: string) => Promise<boolean>
  /** Claims the proof. Of concurrent callers exactly one is told `true`: serve only that one. */
  readonly markUsed: (ref: string) => Promise<boolean>
}

export type ProofStoreOptions = {
  readonly redis: RedisClient
  /** Default `piprail:proof`; a proof's key is this, a colon and its reference. */
  readonly keyPrefix?: string
  /** Default 900, about the window in which a payment counts as recent. */
  readonly ttlSeconds?: number
}

/**
 * A shared memory of used proofs. `isUsed` before and `markUsed` after would let two requests
 * with one proof through between them, so `markUsed` is a claim by itself (`SET NX`) and says who
 * made it.
 *
 * @throws STORE_UNAVAILABLE when Redis does not answer
 */
export function createProofStore(options: ProofStoreOptions): ProofStore {
  const { redis, keyPrefix = 'piprail:proof', ttlSeconds = 900 } = options
  const keyOf = (ref: string): string => `${keyPrefix}:${ref}`
  return {
    isUsed: async (ref) => (await asking(redis.exists(keyOf(ref)))) === 1,
    markUsed: async (ref) =>
      (await asking(redis.set(keyOf(ref), '1', 'EX', ttlSeconds, 'NX'))) === 'OK',
  }
}

import type { Hash, SeenTxStore } from '@key0/core'
import { choosePrefix, createKeys, type Keys } from './keys.ts'
import { asking, type RedisClient } from './ops/createRunner.ts'

export type RedisSeenTxStoreOptions = {
  readonly redis: RedisClient
  /** Default `key0`. */
  readonly keyPrefix?: string
  /**
   * How long a hash is remembered. Default 7 days; it must outlive the challenge, which refuses
   * older transfers by itself.
   */
  readonly ttlSeconds?: number
}

/**
 * Remembers which challenge a transaction was presented for, in `{prefix}:seentx:{txHash}`. One
 * `SET NX` decides, so of concurrent callers with one hash exactly one is told `true`. Hashes are
 * equal whatever their spelling.
 *
 * @throws STORE_UNAVAILABLE when Redis does not answer
 */
export class RedisSeenTxStore implements SeenTxStore {
  readonly #redis: RedisClient
  readonly #keys: Keys
  readonly #ttlSeconds: number

  constructor({ redis, keyPrefix = 'key0', ttlSeconds = 604_800 }: RedisSeenTxStoreOptions) {
    this.#redis = redis
    this.#keys = createKeys(choosePrefix(redis, keyPrefix))
    this.#ttlSeconds = ttlSeconds
  }

  async markUsed(txHash: Hash, challengeId: string): Promise<boolean> {
    const key = this.#keys.seenTx(txHash.toLowerCase())
    const set = this.#redis.set(key, challengeId, 'EX', this.#ttlSeconds, 'NX')
    return (await asking(set)) === 'OK'
  }

  async get(txHash: Hash): Promise<string | undefined> {
    return (await asking(this.#redis.get(this.#keys.seenTx(txHash.toLowerCase())))) ?? undefined
  }
}

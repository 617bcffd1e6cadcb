import type { AuditEntry, ChallengeStore } from '@key0/core'
import { decodeEntry } from './auditEntry.ts'
import { choosePrefix, createKeys, type Keys } from './keys.ts'
import { createRunner, type RedisClient, type Run, toStoreError } from './ops/createRunner.ts'

/** The audit trail: what a store tells beside its records. */
export type AuditStore = Pick<ChallengeStore, 'history' | 'events' | 'ack' | 'acked'>

/** The name the specification uses. */
export type IAuditStore = AuditStore

export type RedisAuditStoreOptions = {
  readonly redis: RedisClient
  /** The same as the challenge store's. Default `key0`. */
  readonly keyPrefix?: string
}

/**
 * Reads the audit trail that `RedisChallengeStore` writes inside each of its steps, for a process
 * that only delivers notifications or answers auditors.
 *
 * @throws STORE_UNAVAILABLE when Redis does not answer
 */
export class RedisAuditStore implements AuditStore {
  readonly #redis: RedisClient
  readonly #keys: Keys
  readonly #run: Run

  constructor({ redis, keyPrefix = 'key0' }: RedisAuditStoreOptions) {
    this.#redis = redis
    this.#keys = createKeys(choosePrefix(redis, keyPrefix))
    this.#run = createRunner(redis)
  }

  async history(id: string): Promise<readonly AuditEntry[]> {
    const entries = await asking(this.#redis.lrange(this.#keys.audit(id), 0, -1))
    return entries.map((text) => decodeEntry(id, text))
  }

  async events(after: number, limit: number): Promise<readonly AuditEntry[]> {
    if (limit < 1) return []
    const { events, prefix } = this.#keys
    const found = await this.#run('events', [events], [prefix, String(after), String(limit)])
    return (found as readonly [string, string][]).map(([id, text]) => decodeEntry(id, text))
  }

  async ack(consumer: string, sequence: number): Promise<void> {
    await this.#run('ack', [this.#keys.acks], [consumer, String(sequence)])
  }

  async acked(consumer: string): Promise<number> {
    return Number((await asking(this.#redis.hget(this.#keys.acks, consumer))) ?? 0)
  }
}

/** A question to the server whose failure has our name. */
export async function asking<answer>(question: Promise<answer>): Promise<answer> {
  try {
    return await question
  } catch (error) {
    throw toStoreError(error)
  }
}

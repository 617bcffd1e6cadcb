import type { AuditEntry } from '@key0/core'
import type { AuditStore } from './AuditStore.ts'
import { checkOptions } from './checkOptions.ts'
import { openTrail } from './openParts.ts'
import type { RedisClient } from './ops/createRunner.ts'

export type RedisAuditStoreOptions = {
  readonly redis: RedisClient
  /** The same as the challenge store's. Default `key0`. */
  readonly keyPrefix?: string
  /** The same as the challenge store's. Default 1. */
  readonly shards?: number
}

/**
 * Reads the audit trail that `RedisChallengeStore` writes inside each of its steps, for a process
 * that only delivers notifications or answers auditors.
 *
 * @throws STORE_UNAVAILABLE when Redis does not answer
 */
export class RedisAuditStore implements AuditStore {
  readonly #trail: AuditStore

  constructor(options: RedisAuditStoreOptions) {
    checkOptions(options)
    this.#trail = openTrail(options)
  }

  history(id: string): Promise<readonly AuditEntry[]> {
    return this.#trail.history(id)
  }

  events(after: number, limit: number): Promise<readonly AuditEntry[]> {
    return this.#trail.events(after, limit)
  }

  ack(consumer: string, sequence: number): Promise<void> {
    return this.#trail.ack(consumer, sequence)
  }

  acked(consumer: string): Promise<number> {
    return this.#trail.acked(consumer)
  }
}

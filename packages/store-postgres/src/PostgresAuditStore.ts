import type { AuditEntry, ChallengeStore } from '@key0/core'
import type { PostgresOptions } from './options.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

/** The trail alone, for a program that reads it and moves no money. */
export type AuditStore = Pick<ChallengeStore, 'history' | 'events' | 'ack' | 'acked'>

/** The trail that `PostgresChallengeStore` writes with every move, to be read. */
export class PostgresAuditStore implements AuditStore {
  readonly #store: PostgresChallengeStore

  /** @throws CONFIG_INVALID for a prefix that cannot be */
  constructor(options: PostgresOptions) {
    this.#store = new PostgresChallengeStore(options)
  }

  /** Every move of one challenge, oldest first. */
  history(id: string): Promise<readonly AuditEntry[]> {
    return this.#store.history(id)
  }

  /** Moves of all challenges after the place `after`; per challenge in order and without gap. */
  events(after: number, limit: number): Promise<readonly AuditEntry[]> {
    return this.#store.events(after, limit)
  }

  /** Remembers for `consumer` that everything up to `sequence` was handled. */
  ack(consumer: string, sequence: number): Promise<void> {
    return this.#store.ack(consumer, sequence)
  }

  /** What `ack` remembered last; 0 when nothing yet. */
  acked(consumer: string): Promise<number> {
    return this.#store.acked(consumer)
  }
}

import type { Hash, SeenTxStore } from '@key0/core'
import { type Call, createCall } from './createCall.ts'
import { createReady } from './createReady.ts'
import { type PostgresOptions, readPrefix, readSql } from './options.ts'
import { name } from './values.ts'

/**
 * A replay store in the same database, for a seller who names one beside the challenge store
 * (whose own claims already keep one payment from buying twice). Hashes are equal whatever their
 * casing, and nothing is ever forgotten.
 */
export class PostgresSeenTxStore implements SeenTxStore {
  readonly #call: Call

  /** @throws CONFIG_INVALID for a prefix that cannot be */
  constructor({ sql, tablePrefix, autoMigrate = true }: PostgresOptions) {
    const prefix = readPrefix(tablePrefix)
    this.#call = createCall(sql, prefix, createReady(readSql(sql), prefix, autoMigrate))
  }

  async markUsed(txHash: Hash, challengeId: string): Promise<boolean> {
    return this.#call('mark_used', name('txHash', txHash), name('challengeId', challengeId))
  }

  async get(txHash: Hash): Promise<string | undefined> {
    return this.#call('used_by', txHash)
  }
}

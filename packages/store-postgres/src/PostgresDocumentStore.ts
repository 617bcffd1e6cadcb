import type { DocumentStore, NamedDocument, Swapped } from '@key0/core'
import { type Call, createCall } from './createCall.ts'
import { createReady } from './createReady.ts'
import { type PostgresOptions, readPrefix, readSql } from './options.ts'
import { name as toName } from './values.ts'

/** What a swap answers: `text` is null where nothing stands. */
type EncodedSwap = { readonly kind: Swapped['kind']; readonly text?: string | null }

/** Documents in the same database as the challenges, in a table of their own. */
export class PostgresDocumentStore implements DocumentStore {
  readonly #call: Call

  /** @throws CONFIG_INVALID for a prefix that cannot be */
  constructor({ sql, tablePrefix, autoMigrate = true }: PostgresOptions) {
    const prefix = readPrefix(tablePrefix)
    this.#call = createCall(sql, prefix, createReady(readSql(sql), prefix, autoMigrate))
  }

  async get(name: string): Promise<string | undefined> {
    return this.#call('document_get', toName('name', name))
  }

  async swap(name: string, before?: string, after?: string): Promise<Swapped> {
    const values = [toName('name', name), before ?? null, after ?? null]
    const { kind, text } = await this.#call<EncodedSwap>('document_swap', ...values)
    return kind === 'lost' ? { kind, text: text ?? undefined } : { kind }
  }

  async list(
    prefix: string,
    { after = '', limit }: { readonly after?: string; readonly limit: number },
  ): Promise<readonly NamedDocument[]> {
    return this.#call('document_list', prefix, `${prefix}\u007f`, after, String(limit))
  }
}

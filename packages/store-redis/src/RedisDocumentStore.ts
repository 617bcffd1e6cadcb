import type { DocumentStore, NamedDocument, Swapped } from '@key0/core'
import { choosePrefix, createKeys, type Keys } from './keys.ts'
import { asking, createRunner, type RedisClient, type Run } from './ops/createRunner.ts'

export type RedisDocumentStoreOptions = {
  readonly redis: RedisClient
  /** The same as the challenge store's. Default `key0`. */
  readonly keyPrefix?: string
}

/**
 * Documents in the hash `{prefix}:documents`, with their names in order beside it. On a cluster
 * all of them are in the slot of the prefix, however many shards the challenges have.
 *
 * @throws STORE_UNAVAILABLE when Redis does not answer
 */
export class RedisDocumentStore implements DocumentStore {
  readonly #redis: RedisClient
  readonly #keys: Keys
  readonly #run: Run

  constructor({ redis, keyPrefix = 'key0' }: RedisDocumentStoreOptions) {
    this.#redis = redis
    this.#keys = createKeys(choosePrefix(redis, keyPrefix))
    this.#run = createRunner(redis)
  }

  async get(name: string): Promise<string | undefined> {
    return (await asking(this.#redis.hget(this.#keys.documents, name))) ?? undefined
  }

  async swap(name: string, before?: string, after?: string): Promise<Swapped> {
    const args = [name, toMarked(before), toMarked(after)]
    const answer = await this.#run('documentSwap', this.#names(), args)
    const [kind, text] = answer as readonly [Swapped['kind'], string?]
    return kind === 'lost' ? { kind, text } : { kind }
  }

  async list(
    prefix: string,
    { after, limit }: { readonly after?: string; readonly limit: number },
  ): Promise<readonly NamedDocument[]> {
    const from = after !== undefined && after >= prefix ? `(${after}` : `[${prefix}`
    const args = [from, `(${prefix}\u007f`, String(limit)]
    const flat = (await this.#run('documentList', this.#names(), args)) as readonly string[]
    return Array.from({ length: flat.length / 2 }, (_, index) => ({
      name: flat[index * 2] as string,
      text: flat[index * 2 + 1] as string,
    }))
  }

  #names(): readonly string[] {
    return [this.#keys.documents, this.#keys.documentNames]
  }
}

/** Lua has no way to be given nothing. */
function toMarked(text: string | undefined): string {
  return text === undefined ? '' : `=${text}`
}

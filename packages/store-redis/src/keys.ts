import { Key0Error, type State } from '@key0/core'
import type { RedisClient } from './ops/createRunner.ts'

/** The scope whose request index has the specification's name. */
export const SPECIFIED_SCOPE = 'x402-http'

/** The names of all keys under one prefix. The specification's come first. */
export type Keys = {
  readonly prefix: string
  readonly challenge: (id: string) => string
  /** Its Lua twin is `requestKey` in `ops/includes/records.lua`. */
  readonly request: (scope: string, requestId: string) => string
  readonly seenTx: (txHash: string) => string
  readonly paid: string
  /** What would be in `paid` but for a lease, by its end. */
  readonly leased: string
  readonly claim: (paymentRef: string) => string
  readonly due: (state: State) => string
  readonly audit: (id: string) => string
  readonly events: string
  readonly sequence: string
  readonly acks: string
  /** What is remembered of the store's life, so that its loss is noticed. */
  readonly witness: string
  /** Small texts by name, and their names in order. */
  readonly documents: string
  readonly documentNames: string
}

export function createKeys(prefix: string): Keys {
  return {
    prefix,
    challenge: (id) => `${prefix}:challenge:${id}`,
    request: (scope, requestId) =>
      scope === SPECIFIED_SCOPE
        ? `${prefix}:request:${requestId}`
        : `${prefix}:request-of:${Buffer.byteLength(scope)}:${scope}:${requestId}`,
    seenTx: (txHash) => `${prefix}:seentx:${txHash}`,
    paid: `${prefix}:paid`,
    leased: `${prefix}:leased`,
    claim: (paymentRef) => `${prefix}:claim:${paymentRef}`,
    due: (state) => `${prefix}:due:${state}`,
    audit: (id) => `${prefix}:audit:${id}`,
    events: `${prefix}:events`,
    sequence: `${prefix}:sequence`,
    acks: `${prefix}:acks`,
    witness: `${prefix}:witness`,
    documents: `${prefix}:documents`,
    documentNames: `${prefix}:document-names`,
  }
}

/**
 * The prefix to use with a client. On a cluster it becomes a hash tag: all keys of a deployment
 * are in one slot there, because one atomic step cannot span slots.
 *
 * @throws CONFIG_INVALID when the prefix is empty, or the client adds a prefix of its own: the
 * keys that scripts make would not have it
 */
export function choosePrefix(redis: RedisClient, keyPrefix: string): string {
  checkPrefix(redis, keyPrefix)
  return redis.isCluster && !isTagged(keyPrefix) ? `{${keyPrefix}}` : keyPrefix
}

/**
 * The prefix that hash tags are made of, one for each shard.
 *
 * @throws CONFIG_INVALID as `choosePrefix`, and when the prefix is a hash tag itself
 */
export function chooseTag(redis: RedisClient, keyPrefix: string): string {
  checkPrefix(redis, keyPrefix)
  const expected = 'a text without a hash tag when there are shards'
  if (!isTagged(keyPrefix)) return keyPrefix
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'keyPrefix', expected } })
}

function isTagged(keyPrefix: string): boolean {
  return /[{}]/.test(keyPrefix)
}

function checkPrefix(redis: RedisClient, keyPrefix: string): void {
  const { options } = redis
  const expected = 'a client without keyPrefix: give the store the keyPrefix instead'
  if (options.keyPrefix || ('redisOptions' in options && options.redisOptions?.keyPrefix))
    throw new Key0Error('CONFIG_INVALID', { facts: { field: 'redis', expected } })
  if (!/^[^\s*?[\]]+$/.test(keyPrefix))
    throw new Key0Error('CONFIG_INVALID', {
      facts: { field: 'keyPrefix', expected: 'a text without spaces and *?[]' },
    })
}

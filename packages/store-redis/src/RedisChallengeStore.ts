import {
  type Attempt,
  type AuditEntry,
  type ChallengeBase,
  type ChallengeFields,
  type ChallengeRecord,
  type ChallengeStore,
  type Clock,
  type Continuity,
  type Hash,
  type Heartbeat,
  Key0Error,
  type Move,
  type Outcome,
  type PaymentClaim,
  type PaymentRef,
  type SettlementIntent,
  type State,
  type StoreHealth,
} from '@key0/core'
import { checkOptions } from './checkOptions.ts'
import { openParts, type Parts } from './openParts.ts'
import type { RedisClient } from './ops/createRunner.ts'

export type RedisChallengeStoreOptions = {
  /** An ioredis client without a `keyPrefix` of its own. It stays yours: `close` leaves it open. */
  readonly redis: RedisClient
  /** What all keys begin with, without the colon. Default `key0`. */
  readonly keyPrefix?: string
  /** How long an unpaid challenge's request id names it at least. Default 900. */
  readonly challengeTTLSeconds?: number
  /** From creation, for refunded challenges and closed ones that were tried. Default 7 days. */
  readonly recordTTLSeconds?: number
  /** From delivery. Default 12 hours. */
  readonly deliveredTTLSeconds?: number
  /** From creation, for challenges that nobody tried to pay. Default 7 days. */
  readonly pendingTTLSeconds?: number
  /**
   * Answer a write only when so many replicas have it, so that a failover does not lose it. A
   * write that too few have in time fails with `STORE_UNAVAILABLE`; repeating it is harmless.
   */
  readonly waitForReplicas?: { readonly count: number; readonly timeoutMs: number }
  /**
   * On a cluster, over how many slots the data is spread. Default 1: all of it is in one slot, and
   * every step is atomic. With more, steps over slots are ordered instead, and the number can
   * never be changed.
   */
  readonly shards?: number
  /** Default: the clock of Redis, which all processes share. */
  readonly clock?: Clock
}

/**
 * Challenges in Redis, in the keys and hash fields of the specification. Every operation is one
 * script, so one round trip and one atomic step; its contract is the header of its file in
 * `src/ops`. Only with `shards` on a cluster a step takes several.
 *
 * @throws CONFIG_INVALID from the constructor, naming the option; STORE_UNAVAILABLE from any
 * call when Redis does not answer: the step may have been done, and the same call again with the
 * same key is harmless
 */
export class RedisChallengeStore implements ChallengeStore {
  readonly #parts: Parts
  #isClosed = false

  constructor(options: RedisChallengeStoreOptions) {
    checkOptions(options)
    this.#parts = openParts(options)
  }

  async create(base: ChallengeBase, attempt: Attempt): Promise<Outcome> {
    return this.#open().create(base, attempt)
  }

  async get(id: string): Promise<ChallengeRecord | undefined> {
    return this.#open().get(id)
  }

  async findActiveByRequestId(
    requestId: string,
    scope: string,
  ): Promise<ChallengeRecord | undefined> {
    return this.#open().findActiveByRequestId(requestId, scope)
  }

  async reserve(id: string, intent: SettlementIntent, attempt: Attempt): Promise<Outcome> {
    return this.#open().reserve(id, intent, attempt)
  }

  async settle(
    id: string,
    paymentRef: PaymentRef,
    fields: ChallengeFields & { readonly txHash: Hash },
    attempt: Attempt,
  ): Promise<Outcome> {
    return this.#open().settle(id, paymentRef, fields, attempt)
  }

  async transition(move: Move): Promise<Outcome> {
    return this.#open().transition(move)
  }

  async postpone(
    id: string,
    version: number,
    nextVisitAt: Date,
    facts?: { readonly paymentFinal: true },
  ): Promise<Outcome> {
    return this.#open().postpone(id, version, nextVisitAt, facts)
  }

  async getClaim(paymentRef: PaymentRef): Promise<PaymentClaim | undefined> {
    return this.#open().getClaim(paymentRef)
  }

  async findPendingForRefund(cutoff: Date, limit: number): Promise<readonly ChallengeRecord[]> {
    return this.#open().findPendingForRefund(cutoff, limit)
  }

  async due(now: Date, limit: number, state?: State): Promise<readonly ChallengeRecord[]> {
    return this.#open().due(now, limit, state)
  }

  async history(id: string): Promise<readonly AuditEntry[]> {
    return this.#open().history(id)
  }

  async events(after: number, limit: number): Promise<readonly AuditEntry[]> {
    return this.#open().events(after, limit)
  }

  async ack(consumer: string, sequence: number): Promise<void> {
    return this.#open().ack(consumer, sequence)
  }

  async acked(consumer: string): Promise<number> {
    return this.#open().acked(consumer)
  }

  async beat(heartbeat: Heartbeat): Promise<Continuity> {
    return this.#open().beat(heartbeat)
  }

  async healthCheck(): Promise<StoreHealth> {
    if (!this.#isClosed) return this.#parts.health()
    return { ok: false, durable: false, problems: ['The store is closed.'] }
  }

  /**
   * Takes over the records of an older deployment under the same prefix: indexes each, and takes
   * its lifetime back while money is owed in it. Once is enough; twice does no harm. Without it
   * such a record is taken over when it is first read for a refund, or written.
   *
   * @returns how many records there are
   */
  async adopt(): Promise<number> {
    return this.#open().adopt()
  }

  /** Further calls are errors. The client was not opened here and is not closed here. */
  async close(): Promise<void> {
    this.#isClosed = true
  }

  #open(): Parts {
    if (!this.#isClosed) return this.#parts
    throw new Key0Error('STORE_UNAVAILABLE', { facts: { found: 'a store that was closed' } })
  }
}

import {
  type Attempt,
  type AuditEntry,
  assertLegalMove,
  type ChallengeBase,
  type ChallengeFields,
  type ChallengeRecord,
  type ChallengeStore,
  type Clock,
  forgetAtMs,
  type Hash,
  Key0Error,
  type Move,
  type Outcome,
  type PaymentClaim,
  type PaymentRef,
  type Retention,
  type SettlementIntent,
  type State,
  type StoreHealth,
} from '@key0/core'
import { encodeRecord } from '@key0/core/local'
import type { Redis } from 'ioredis'
import { adoptRecords } from './adoptRecords.ts'
import { checkOptions } from './checkOptions.ts'
import { createHealthCheck } from './healthCheck.ts'
import { choosePrefix, createKeys, type Keys } from './keys.ts'
import { createRunner, type RedisClient, type Run } from './ops/createRunner.ts'
import type { OperationName } from './ops/scripts.ts'
import { asking, RedisAuditStore } from './RedisAuditStore.ts'
import { toArguments, toLifetimes, toOutcome } from './scriptArguments.ts'
import { decodeFlat, decodeStored, encodeFields } from './storedRecord.ts'

export type RedisChallengeStoreOptions = {
  /** An ioredis client without a `keyPrefix` of its own. It stays yours: `close` leaves it open. */
  readonly redis: RedisClient
  /** What all keys begin with, without the colon. Default `key0`. */
  readonly keyPrefix?: string
  /** How long an unpaid challenge's request id names it at least. Default 900. */
  readonly challengeTTLSeconds?: number
  /** From creation, for refunded, expired and cancelled challenges. Default 7 days. */
  readonly recordTTLSeconds?: number
  /** From delivery. Default 12 hours. */
  readonly deliveredTTLSeconds?: number
  /** From creation, for unpaid challenges. Default 7 days. */
  readonly pendingTTLSeconds?: number
  /**
   * Answer a write only when so many replicas have it, so that a failover does not lose it. A
   * write that too few have in time fails with `STORE_UNAVAILABLE`; repeating it is harmless.
   */
  readonly waitForReplicas?: { readonly count: number; readonly timeoutMs: number }
  /** Default: the clock of Redis, which all processes share. */
  readonly clock?: Clock
}

const dueStates: readonly State[] = ['PENDING', 'PAID', 'REFUND_PENDING', 'DELIVERED']

/**
 * Challenges in Redis, in the keys and hash fields of the specification. Every operation is one
 * script, so one round trip and one atomic step; its contract is the header of its file in
 * `src/ops`.
 *
 * @throws CONFIG_INVALID from the constructor, naming the option; STORE_UNAVAILABLE from any
 * call when Redis does not answer: the step may have been done, and the same call again with the
 * same key is harmless
 */
export class RedisChallengeStore implements ChallengeStore {
  readonly #redis: RedisClient
  readonly #keys: Keys
  readonly #run: Run
  readonly #audit: RedisAuditStore
  readonly #options: RedisChallengeStoreOptions
  readonly #retention: Retention
  readonly #lifetimes: string
  readonly #health: () => Promise<StoreHealth>
  #isClosed = false

  constructor(options: RedisChallengeStoreOptions) {
    checkOptions(options)
    const { redis, keyPrefix = 'key0', challengeTTLSeconds = 900 } = options
    const { recordTTLSeconds = 604_800, deliveredTTLSeconds = 43_200 } = options
    const { pendingTTLSeconds = 604_800, waitForReplicas } = options
    this.#retention = { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds }
    this.#lifetimes = toLifetimes({ ...this.#retention, challengeTTLSeconds })
    this.#redis = redis
    this.#keys = createKeys(choosePrefix(redis, keyPrefix))
    this.#run = createRunner(redis)
    this.#audit = new RedisAuditStore({ redis, keyPrefix })
    this.#options = options
    const waitsFor = waitForReplicas?.count ?? 0
    this.#health = createHealthCheck({ redis, keys: this.#keys, waitsFor })
  }

  async create(base: ChallengeBase, attempt: Attempt): Promise<Outcome> {
    const { challengeId: id, scope, requestId } = base
    const fields = { state: 'PENDING', version: 1, schemaVersion: 1, updatedAt: base.createdAt }
    const pairs = Object.entries(encodeRecord({ ...base, ...fields } as ChallengeRecord)).flat()
    const keys = [this.#keys.challenge(id), this.#keys.request(scope, requestId)]
    return this.#write('create', keys, [...this.#begin(), ...toArguments(attempt), id, ...pairs])
  }

  async get(id: string): Promise<ChallengeRecord | undefined> {
    this.#assertOpen()
    const stored = await asking(this.#redis.hgetall(this.#keys.challenge(id)))
    if (stored.state === undefined) return undefined
    const record = decodeStored(stored)
    // Redis itself has forgotten what its own clock says; another clock has to be asked.
    const forgetAt = this.#options.clock && forgetAtMs(record, this.#retention)
    const nowMs = this.#options.clock?.nowMs() ?? 0
    return forgetAt !== undefined && forgetAt <= nowMs ? undefined : record
  }

  async findActiveByRequestId(
    requestId: string,
    scope: string,
  ): Promise<ChallengeRecord | undefined> {
    this.#assertOpen()
    const keys = [this.#keys.request(scope, requestId)]
    const found = await this.#run('findActive', keys, this.#begin())
    return found === null ? undefined : decodeFlat(found as readonly string[])
  }

  async reserve(id: string, intent: SettlementIntent, attempt: Attempt): Promise<Outcome> {
    const keys = [this.#keys.challenge(id), this.#keys.paid, this.#keys.claim(intent.paymentRef)]
    const { pairs } = encodeFields({ intent })
    return this.#write('reserve', keys, [...this.#begin(), ...toArguments(attempt), id, ...pairs])
  }

  async settle(
    id: string,
    paymentRef: PaymentRef,
    fields: ChallengeFields & { readonly txHash: Hash },
    attempt: Attempt,
  ): Promise<Outcome> {
    assertLegalMove('PENDING', 'PAID', fields)
    const { challenge, paid, claim, seenTx } = this.#keys
    const plain = fields.txHash.toLowerCase()
    const seen = [...new Set([plain, fields.txHash])].map(seenTx)
    const { pairs, wrote, removed } = encodeFields({ ...fields, paymentRef })
    const score = fields.paidAt === undefined ? '' : String(fields.paidAt.getTime())
    return this.#write(
      'settle',
      [challenge(id), paid, claim(paymentRef), claim(plain), ...seen],
      [
        ...[...this.#begin(), ...toArguments(attempt)],
        ...[id, paymentRef, score, wrote, removed, ...pairs],
      ],
    )
  }

  async transition(move: Move): Promise<Outcome> {
    const { id, from, to, fields = {}, version, ...attempt } = move
    assertLegalMove(from, to, fields)
    if (from === 'PENDING' && to === 'PAID')
      throw new Key0Error('TRANSITION_ILLEGAL', { facts: { from, to, expected: 'settle' } })
    const [prefix, now, lifetimes] = this.#begin()
    const [key, actor, reason] = toArguments(attempt)
    const { pairs, wrote, removed } = encodeFields(fields)
    const headers = { prefix, now, lifetimes, key, actor, reason, wrote, removed }
    const named = Object.entries({ ...headers, version: version ?? '' })
    return this.#write(
      'transition',
      [this.#keys.challenge(id), this.#keys.paid, this.#keys.audit(id)],
      [from, to, id, '', ...named.flatMap(([name, value]) => [`@${name}`, `${value}`]), ...pairs],
    )
  }

  async postpone(
    id: string,
    version: number,
    nextVisitAt: Date,
    facts?: { readonly paymentFinal: true },
  ): Promise<Outcome> {
    const { pairs } = encodeFields({ nextVisitAt, ...facts })
    const args = [...this.#begin(), id, String(version), ...pairs]
    return this.#write('postpone', [this.#keys.challenge(id)], args)
  }

  async getClaim(paymentRef: PaymentRef): Promise<PaymentClaim | undefined> {
    this.#assertOpen()
    const keys = [this.#keys.claim(paymentRef), this.#keys.seenTx(paymentRef)]
    const found = await this.#run('getClaim', keys, [])
    if (found === null) return undefined
    const [challengeId, disposition] = found as [string, PaymentClaim['disposition']]
    return { paymentRef, challengeId, disposition }
  }

  async findPendingForRefund(cutoff: Date, limit: number): Promise<readonly ChallengeRecord[]> {
    const { paid, leased } = this.#keys
    return this.#find('findPendingForRefund', [paid, leased], cutoff, limit)
  }

  async due(now: Date, limit: number, state?: State): Promise<readonly ChallengeRecord[]> {
    const states = state === undefined ? dueStates : dueStates.filter((one) => one === state)
    return this.#find('due', states.map(this.#keys.due), now, limit)
  }

  async history(id: string): Promise<readonly AuditEntry[]> {
    this.#assertOpen()
    return this.#audit.history(id)
  }

  async events(after: number, limit: number): Promise<readonly AuditEntry[]> {
    this.#assertOpen()
    return this.#audit.events(after, limit)
  }

  async ack(consumer: string, sequence: number): Promise<void> {
    this.#assertOpen()
    return this.#audit.ack(consumer, sequence)
  }

  async acked(consumer: string): Promise<number> {
    this.#assertOpen()
    return this.#audit.acked(consumer)
  }

  async healthCheck(): Promise<StoreHealth> {
    if (!this.#isClosed) return this.#health()
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
    this.#assertOpen()
    return adoptRecords(this.#redis, this.#keys, this.#run, this.#begin())
  }

  /** Further calls are errors. The client was not opened here and is not closed here. */
  async close(): Promise<void> {
    this.#isClosed = true
  }

  /** The first three arguments of a script. */
  #begin(): readonly [prefix: string, now: string, lifetimes: string] {
    const now = this.#options.clock === undefined ? '' : String(this.#options.clock.nowMs())
    return [this.#keys.prefix, now, this.#lifetimes]
  }

  async #write(
    name: OperationName,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<Outcome> {
    this.#assertOpen()
    const outcome = toOutcome(await this.#run(name, keys, args))
    if (outcome.kind === 'applied' || outcome.kind === 'replayed') await this.#replicated()
    return outcome
  }

  async #replicated(): Promise<void> {
    const { waitForReplicas } = this.#options
    if (waitForReplicas === undefined) return
    const { count, timeoutMs } = waitForReplicas
    const reached = await asking((this.#redis as Redis).wait(count, timeoutMs))
    if (reached < count)
      throw new Key0Error('STORE_UNAVAILABLE', {
        facts: { expected: `${count} replicas`, found: String(reached) },
      })
  }

  async #find(
    name: OperationName,
    keys: readonly string[],
    at: Date,
    limit: number,
  ): Promise<readonly ChallengeRecord[]> {
    this.#assertOpen()
    if (keys.length === 0 || limit < 1) return []
    const args = [...this.#begin(), String(at.getTime()), String(limit)]
    const found = (await this.#run(name, keys, args)) as readonly (readonly string[])[]
    return found.map(decodeFlat)
  }

  #assertOpen(): void {
    if (this.#isClosed)
      throw new Key0Error('STORE_UNAVAILABLE', { facts: { found: 'a store that was closed' } })
  }
}

import {
  type Attempt,
  type AuditEntry,
  assertLegalMove,
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
import { beatBySwap, decodeRecord, type EncodedRecord, type WitnessCell } from '@key0/core/local'
import { checkHealth } from './checkHealth.ts'
import { type Call, createCall } from './createCall.ts'
import { createReady } from './createReady.ts'
import { type PostgresStoreOptions, readPrefix, readRetention, readSql } from './options.ts'
import {
  bound,
  decodeEntry,
  decodeOutcome,
  type EncodedEntry,
  type EncodedOutcome,
  encodeBase,
  encodeFields,
  name,
  prose,
  toArray,
} from './values.ts'

/** How many challenges one statement of a clean-up forgets, so that it never locks many for long. */
const PURGED_AT_ONCE = 1_000

/**
 * Challenges in PostgreSQL 14 or later: every operation is one function of the database, one
 * round trip and one transaction; row locks make concurrent callers take turns.
 */
export class PostgresChallengeStore implements ChallengeStore {
  readonly #call: Call
  readonly #health: () => Promise<StoreHealth>
  readonly #clock: Clock | undefined
  readonly #keep: string
  #isClosed = false

  /**
   * Connects to nothing yet: the first call does, and sees to the schema.
   *
   * @throws CONFIG_INVALID for a prefix or a retention that cannot be
   */
  constructor({ sql, tablePrefix, autoMigrate = true, retention, clock }: PostgresStoreOptions) {
    const prefix = readPrefix(tablePrefix)
    const prepare = createReady(readSql(sql), prefix, autoMigrate)
    const ready = async (): Promise<void> => {
      if (this.#isClosed) throw new Key0Error('STORE_UNAVAILABLE', { facts: { reason: 'closed' } })
      await prepare()
    }
    this.#call = createCall(sql, prefix, ready)
    this.#health = () => checkHealth(sql, prefix, ready)
    this.#clock = clock
    this.#keep = readRetention(retention)
  }

  async create(base: ChallengeBase, attempt: Attempt): Promise<Outcome> {
    return this.#write('create', encodeBase(base), ...who(attempt))
  }

  async get(id: string): Promise<ChallengeRecord | undefined> {
    return this.#record('get', id)
  }

  async findActiveByRequestId(
    requestId: string,
    scope: string,
  ): Promise<ChallengeRecord | undefined> {
    return this.#record('find_active', scope, requestId)
  }

  async reserve(id: string, intent: SettlementIntent, attempt: Attempt): Promise<Outcome> {
    const { json } = encodeFields({ intent })
    const text = (JSON.parse(json) as { readonly intent: string }).intent
    return this.#write('reserve', id, name('paymentRef', intent.paymentRef), text, ...who(attempt))
  }

  async settle(
    id: string,
    paymentRef: PaymentRef,
    fields: ChallengeFields & { readonly txHash: Hash },
    attempt: Attempt,
  ): Promise<Outcome> {
    assertLegalMove('PENDING', 'PAID', fields)
    const { json, names } = encodeFields({ ...fields, paymentRef })
    const payment = name('paymentRef', paymentRef)
    return this.#write('settle', id, payment, json, toArray(names), ...who(attempt))
  }

  async transition(move: Move): Promise<Outcome> {
    const { id, from, to, fields = {}, version } = move
    assertLegalMove(from, to, fields)
    if (from === 'PENDING' && to === 'PAID')
      throw new Key0Error('TRANSITION_ILLEGAL', { facts: { from, to, expected: 'settle' } })
    const { json, names } = encodeFields(fields)
    const at = version === undefined ? null : String(version)
    return this.#write('transition', id, from, to, json, toArray(names), at, ...who(move))
  }

  async postpone(
    id: string,
    version: number,
    nextVisitAt: Date,
    facts?: { readonly paymentFinal: true },
  ): Promise<Outcome> {
    const isFinal = facts?.paymentFinal === undefined ? null : String(facts.paymentFinal)
    return this.#write('postpone', id, String(version), nextVisitAt.toISOString(), isFinal)
  }

  async getClaim(paymentRef: PaymentRef): Promise<PaymentClaim | undefined> {
    return this.#call('get_claim', paymentRef)
  }

  async findPendingForRefund(cutoff: Date, limit: number): Promise<readonly ChallengeRecord[]> {
    return records(await this.#call('refundable', bound(cutoff), String(limit), this.#now()))
  }

  async due(now: Date, limit: number, state?: State): Promise<readonly ChallengeRecord[]> {
    const until = bound(now)
    const of = state ?? null
    return records(await this.#call('due', until, String(limit), of, this.#now(), this.#keep))
  }

  async history(id: string): Promise<readonly AuditEntry[]> {
    return (await this.#call<readonly EncodedEntry[]>('history', id)).map(decodeEntry)
  }

  async events(after: number, limit: number): Promise<readonly AuditEntry[]> {
    const found = await this.#call<readonly EncodedEntry[]>('events', String(after), String(limit))
    return found.map(decodeEntry)
  }

  async ack(consumer: string, sequence: number): Promise<void> {
    await this.#call('ack', name('consumer', consumer), String(sequence))
  }

  async acked(consumer: string): Promise<number> {
    return this.#call('acked', consumer)
  }

  /** Two statements, neither of which needs the other's connection. */
  async beat(heartbeat: Heartbeat): Promise<Continuity> {
    const cell: WitnessCell = {
      read: async () => {
        const { stored, ...signs } = await this.#call<Signs>('signs', this.#now())
        return { ...signs, stored: stored ?? undefined }
      },
      swap: (before, after) => this.#call('swap_witness', before ?? null, after),
    }
    return beatBySwap(cell, heartbeat)
  }

  /** Asks the server whether it is the primary and whether its settings keep what it says. */
  async healthCheck(): Promise<StoreHealth> {
    return this.#health()
  }

  /**
   * Forgets everything whose time is over, and says how much. Creating and asking what is due
   * forget a few each, so this is for a store that has been idle, or had its retention shortened.
   * What is owed, held or may still arrive stays: the database itself refuses to delete it.
   */
  async cleanup(): Promise<number> {
    return this.#purge(this.#now())
  }

  /** As `cleanup`, but only what nobody could read any more before that instant. */
  async purgeDeleted(before: Date): Promise<number> {
    return this.#purge(before.toISOString())
  }

  /** Further calls are errors. The connections stay: whoever made `sql` ends it. */
  async close(): Promise<void> {
    this.#isClosed = true
  }

  async #purge(before: string | null): Promise<number> {
    let total = 0
    for (;;) {
      const limit = String(PURGED_AT_ONCE)
      const { removed } = await this.#call<{ readonly removed: number }>(
        'purge',
        before,
        this.#keep,
        limit,
      )
      total += removed
      if (removed < PURGED_AT_ONCE) return total
    }
  }

  async #write(operation: string, ...values: readonly (string | null)[]): Promise<Outcome> {
    const call = this.#call<EncodedOutcome>(operation, ...values, this.#now(), this.#keep)
    return decodeOutcome(await call)
  }

  async #record(
    operation: string,
    ...values: readonly string[]
  ): Promise<ChallengeRecord | undefined> {
    const found = await this.#call<EncodedRecord | undefined>(
      operation,
      ...values,
      this.#now(),
      this.#keep,
    )
    return found && decodeRecord(found)
  }

  /** `null`: the database looks at its own clock. */
  #now(): string | null {
    return this.#clock ? new Date(this.#clock.nowMs()).toISOString() : null
  }
}

type Signs = Omit<Awaited<ReturnType<WitnessCell['read']>>, 'stored'> & {
  readonly stored: string | null
}

function who({ key, actor, reason }: Attempt): readonly [string, string, string | null] {
  const why = reason === undefined ? null : prose(reason)
  return [name('key', key), prose(actor ?? 'key0'), why]
}

function records(found: readonly EncodedRecord[]): readonly ChallengeRecord[] {
  return found.map(decodeRecord)
}

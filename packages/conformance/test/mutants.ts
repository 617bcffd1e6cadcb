import { type ChallengeRecord, findTransition, Key0Error } from '@key0/core'
import { blindTo, type Mutant, overStore, overTables } from './breakStore.ts'

const YEAR_MS = 366 * 86_400_000

/** Bugs of writing: races, claims, keys and refusals. */
const writeMutants: readonly Mutant[] = [
  {
    bug: 'create looks first and inserts later',
    breaks: 'create: of 50 concurrent callers exactly one applies, and all see one record',
    make(clock) {
      let looks = true
      const make = overTables((tables) => ({
        getRequest: (scope, id) => (looks ? tables.getRequest(scope, id) : undefined),
      }))
      const store = make(clock)
      return {
        ...store,
        async create(base, attempt) {
          const found = await store.findActiveByRequestId(base.requestId, base.scope)
          if (found) return { kind: 'replayed', record: found }
          looks = false
          const outcome = store.create(base, attempt)
          looks = true
          return outcome
        },
      }
    },
  },
  {
    bug: 'settle looks first and moves later',
    breaks: 'settle: of 50 challenges racing for one payment exactly one is bought',
    make: overStore((store, tables) => ({
      async settle(id, paymentRef, fields, attempt) {
        const owner = (await store.getClaim(paymentRef))?.challengeId
        if (owner && owner !== id) return { kind: 'foreign', owner }
        await Promise.resolve()
        tables.putClaim({ paymentRef, challengeId: id, disposition: 'RESERVED' })
        return store.settle(id, paymentRef, fields, attempt)
      },
    })),
  },
  {
    bug: 'settle moves the record and forgets the claim',
    breaks: 'settle: one payment never buys two challenges',
    make: overTables((tables) => ({
      putClaim: (claim) => claim.disposition !== 'APPLIED' && tables.putClaim(claim),
    })),
  },
  {
    bug: 'a refused reservation leaves its claim behind',
    breaks: 'reserve: loses while the intent of another payment is open',
    make: overStore((store, tables) => ({
      async reserve(id, intent, attempt) {
        const { paymentRef } = intent
        const outcome = await store.reserve(id, intent, attempt)
        if (outcome.kind === 'lost')
          tables.putClaim({ paymentRef, challengeId: id, disposition: 'RESERVED' })
        return outcome
      },
    })),
  },
  {
    bug: 'replays are answered like a boolean false',
    breaks: 'transition: PENDING to CANCELLED replays for the same key, and writes nothing again',
    make: overStore((store) => ({
      async transition(move) {
        const outcome = await store.transition(move)
        return outcome.kind === 'replayed' ? { ...outcome, kind: 'lost' } : outcome
      },
    })),
  },
  {
    bug: 'replays are answered like a boolean true',
    breaks: 'settle: of 50 concurrent callers exactly one applies, the rest replay',
    make: overStore((store) => ({
      async settle(...call) {
        const outcome = await store.settle(...call)
        return outcome.kind === 'replayed' ? { ...outcome, kind: 'applied' } : outcome
      },
    })),
  },
  {
    bug: 'keys are looked up without their challenge',
    breaks: 'version: one key on two challenges is two attempts',
    make: overTables((tables) => ({
      hasAttempt: (_, key) => tables.events(0, 1_000).some((entry) => entry.key === key),
    })),
  },
  {
    bug: 'keys are forgotten: only the state tells a replay',
    breaks: 'version: a replay is known although the record has moved on',
    make: overTables(() => ({ hasAttempt: () => false })),
  },
  {
    bug: 'lost is asked before foreign',
    breaks: 'settle: refusals rank foreign before lost',
    make: overStore((store) => ({
      async settle(id, ...call) {
        const outcome = await store.settle(id, ...call)
        const record = await store.get(id)
        const closed = outcome.kind === 'foreign' && record && record.state !== 'PENDING'
        return closed ? { kind: 'lost', record } : outcome
      },
    })),
  },
  {
    bug: 'an illegal move is answered, not refused',
    breaks: 'transition: DELIVERED to PAID does not exist',
    make: overStore((store) => ({
      async transition(move) {
        const record = await store.get(move.id)
        if (record && !findTransition(move.from, move.to)) return { kind: 'lost', record }
        return store.transition(move)
      },
    })),
  },
  {
    bug: 'unknown fields are dropped in silence',
    breaks: 'transition: PENDING to EXPIRED refuses every field that its row does not name',
    make: overStore((store) => ({
      transition: (move) =>
        store.transition(move).catch((error: unknown) => {
          const { fields: _, ...bare } = move
          if (Key0Error.is(error) && error.facts.field) return store.transition(bare)
          throw error
        }),
    })),
  },
  {
    bug: 'transition can spend a payment as well',
    breaks: 'transition: PENDING to PAID is illegal here; only settle spends a payment',
    make: overStore((store) => ({
      transition: (move) =>
        move.from === 'PENDING' && move.to === 'PAID' && move.fields?.paymentRef
          ? store.settle(move.id, move.fields.paymentRef, move.fields as never, move)
          : store.transition(move),
    })),
  },
  {
    bug: 'the version is not compared',
    breaks: 'version: of 50 workers taking a lease at one version exactly one gets it',
    make: overStore((store) => ({
      transition: ({ version: _, ...move }) => store.transition(move),
    })),
  },
  {
    bug: 'a VOID intent gives its payment back to the world',
    breaks: 'reserve: after a VOID intent a new one may follow, and the old claim stays',
    make(clock) {
      const freed = new Set<string>()
      return overTables((tables) => ({
        putRecord(record, index) {
          if (record.intent?.stage === 'VOID') freed.add(record.intent.paymentRef)
          tables.putRecord(record, index)
        },
        getClaim: (ref) => (freed.has(ref) ? undefined : tables.getClaim(ref)),
      }))(clock)
    },
  },
  {
    bug: 'a reorganisation moves the record and forgets the claim',
    breaks: 'settle: a payment reorganised away goes back to RESERVED and can settle again',
    make: overTables((tables) => ({
      putClaim(claim) {
        const applied = tables.getClaim(claim.paymentRef)?.disposition === 'APPLIED'
        if (!applied || claim.disposition === 'APPLIED') tables.putClaim(claim)
      },
    })),
  },
  {
    bug: 'older claims are compared as they are spelt',
    breaks: 'settle: an older claim under the plain hash is honoured, however spelt',
    make(clock) {
      let spelt = ''
      const store = overTables((tables) => ({
        getClaim: (ref) =>
          tables.getClaim(ref === spelt.toLowerCase() ? (spelt as typeof ref) : ref),
      }))(clock)
      return {
        ...store,
        settle(id, paymentRef, fields, attempt) {
          spelt = fields.txHash
          return store.settle(id, paymentRef, fields, attempt)
        },
      }
    },
  },
  {
    bug: 'a claim goes when its record is forgotten',
    breaks: 'settle: a claim outlives its record by any length of time',
    make: overTables((tables) => ({
      getClaim(paymentRef) {
        const claim = tables.getClaim(paymentRef)
        return claim && tables.getRecord(claim.challengeId) ? claim : undefined
      },
    })),
  },
]

const guardMutants: readonly Mutant[] = [
  {
    bug: 'a challenge can expire while it is being paid',
    breaks: 'guard: nothing expires while its settlement is under way',
    make: blindTo('intent', ['EXPIRED', 'CANCELLED']),
  },
  {
    bug: 'a buyer with a grant can be refunded',
    breaks: 'guard: a buyer who has the grant is not refunded',
    make: blindTo('accessGrant', ['REFUND_PENDING']),
  },
  {
    bug: 'a buyer with a response can be refunded',
    breaks: 'guard: a buyer who has the response is not refunded',
    make: blindTo('response', ['REFUND_PENDING']),
  },
  {
    bug: 'held money can be refunded',
    breaks: 'guard: held money is not refunded',
    make: blindTo('held', ['REFUND_PENDING']),
  },
  {
    bug: 'what was claimed for a refund can be delivered',
    breaks: 'guard: what was once claimed for a refund is never delivered',
    make: blindTo('refund', ['DELIVERED']),
  },
  {
    bug: 'what was claimed for a refund can get a grant',
    breaks: 'guard: what was once claimed for a refund gets no grant',
    make: blindTo('refund', ['PAID']),
  },
]

/** Bugs of finding, keeping and telling. */
const readMutants: readonly Mutant[] = [
  {
    bug: 'paid records expire like all others',
    breaks: 'retention: money that was paid is never forgotten',
    make: overTables((tables, clock) => ({
      getRecord(id) {
        const record = tables.getRecord(id)
        const old = record && record.createdAt.getTime() + YEAR_MS < clock.nowMs()
        return old && record.state === 'PAID' ? undefined : record
      },
    })),
  },
  {
    bug: 'records are forgotten a little early',
    breaks: 'retention: a challenge that is DELIVERED is kept for its time, and no longer',
    make: overTables((tables, clock) => ({
      getRecord(id) {
        const [soon] = tables.forgettable(clock.nowMs() + 1_000, 1)
        return soon?.challengeId === id ? undefined : tables.getRecord(id)
      },
    })),
  },
  {
    bug: 'a refund that took a year is forgotten as it arrives',
    breaks: 'retention: a buyer whose refund took weeks can still ask where it went',
    make: overTables((tables, clock) => ({
      getRecord(id) {
        const record = tables.getRecord(id)
        const old = record && record.createdAt.getTime() + YEAR_MS <= clock.nowMs()
        return old && record.state === 'REFUNDED' ? undefined : record
      },
    })),
  },
  {
    bug: 'what was tried to be paid goes with the prices that were only asked',
    breaks: 'retention: what nobody ever tried to pay goes when unpaid challenges go',
    make: overTables((tables, clock) => ({
      getRecord(id) {
        const record = tables.getRecord(id)
        const old = record && record.createdAt.getTime() + 3_600_000 <= clock.nowMs()
        return old && record.state === 'EXPIRED' ? undefined : record
      },
    })),
  },
  {
    bug: 'forgetting a record frees the request id of its successor',
    breaks: 'retention: forgetting an old challenge leaves its successor’s request id alone',
    make: overTables((tables) => ({
      deleteRecord(record, keepAudit) {
        tables.deleteRecord(record, keepAudit)
        tables.putRequest(record.scope, record.requestId, 'nobody')
      },
    })),
  },
  {
    bug: 'what is due comes in no order',
    breaks: 'due: the longest overdue comes first, whatever order they were written in',
    make: overTables((tables) => ({
      due: (nowMs, limit, state) =>
        tables
          .due(nowMs, 1_000, state)
          .toSorted((a, b) => (a.challengeId < b.challengeId ? -1 : 1))
          .slice(0, limit),
    })),
  },
  {
    bug: 'the state is filtered after the limit',
    breaks: 'due: of one state, the longest overdue of that state come first',
    make: overTables((tables) => ({
      due: (nowMs, limit, state) =>
        tables
          .due(nowMs, limit, undefined)
          .filter((record) => state === undefined || record.state === state),
    })),
  },
  {
    bug: 'a visit stays agreed after the state it was agreed in',
    breaks: 'due: the next move clears the visit',
    make: overTables((tables) => ({
      putRecord(record, index) {
        const { nextVisitAt } = tables.getRecord(record.challengeId) ?? {}
        const dueAtMs = index.dueAtMs && nextVisitAt ? nextVisitAt.getTime() : index.dueAtMs
        tables.putRecord(record, { ...index, dueAtMs })
      },
    })),
  },
  {
    bug: 'the refund index is not updated when a grant is stored',
    breaks: 'findPendingForRefund: never finds what has a grant',
    make: overTables((tables) => ({
      putRecord(record, index) {
        const granted = record.state === 'PAID' && record.accessGrant
        const refundablePaidAtMs = granted ? record.paidAt?.getTime() : index.refundablePaidAtMs
        tables.putRecord(record, { ...index, refundablePaidAtMs })
      },
    })),
  },
  {
    bug: 'the refund index is not updated when a response is stored',
    breaks: 'findPendingForRefund: never finds what has a response',
    make: overTables((tables) => ({
      putRecord(record, index) {
        const answered = record.state === 'PAID' && record.response
        const refundablePaidAtMs = answered ? record.paidAt?.getTime() : index.refundablePaidAtMs
        tables.putRecord(record, { ...index, refundablePaidAtMs })
      },
    })),
  },
  {
    bug: 'the refund index does not know leases',
    breaks: 'findPendingForRefund: waits for a lease to end, to the millisecond',
    make: overTables((tables) => ({
      putRecord: (record, index) => tables.putRecord(record, { ...index, leasedUntilMs: 0 }),
    })),
  },
  {
    bug: 'leases are filtered after the limit',
    breaks: 'findPendingForRefund: any number of leased ones never hides one that is not',
    make: overTables((tables) => ({
      putRecord: (record, index) => tables.putRecord(record, { ...index, leasedUntilMs: 0 }),
      refundable: (paidBeforeMs, nowMs, limit) =>
        tables
          .refundable(paidBeforeMs, nowMs, limit)
          .filter(({ lease }) => (lease?.untilMs ?? 0) <= nowMs),
    })),
  },
  {
    bug: 'the cutoff is inclusive',
    breaks: 'findPendingForRefund: finds what was paid before the cutoff, which is exclusive',
    make: overTables((tables) => ({
      refundable: (paidBeforeMs, nowMs, limit) => tables.refundable(paidBeforeMs + 1, nowMs, limit),
    })),
  },
  {
    bug: 'moves that keep the state are not audited',
    breaks: 'transition: PAID to PAID writes exactly its fields, one version and one audit entry',
    make: overTables((tables) => ({
      appendAudit: (entry) => entry.from !== entry.to && tables.appendAudit(entry),
    })),
  },
  {
    bug: 'events come sorted by challenge',
    breaks: 'events: one stream over all challenges, in the order it happened',
    make: overTables((tables) => ({
      events: (after, limit) =>
        tables.events(after, limit).toSorted((a, b) => (a.challengeId < b.challengeId ? -1 : 1)),
    })),
  },
  {
    bug: 'the stream is read from its sequence on, inclusive',
    breaks: 'events: continues after a sequence, which is exclusive, and stops at the limit',
    make: overTables((tables) => ({ events: (after, limit) => tables.events(after - 1, limit) })),
  },
  {
    bug: 'the last acknowledgement wins, not the furthest',
    breaks: 'ack: a late acknowledgement never takes a consumer back',
    make(clock) {
      const acks = new Map<string, number>()
      return overTables(() => ({
        getAck: (consumer) => acks.get(consumer) ?? 0,
        putAck: (consumer, sequence) => void acks.set(consumer, sequence),
      }))(clock)
    },
  },
  {
    bug: 'requests are found without their scope',
    breaks: 'create: the same request id in another scope is another challenge',
    make: overTables((tables) => ({
      getRequest: (_, id) => tables.getRequest('', id),
      putRequest: (_, requestId, id) => tables.putRequest('', requestId, id),
    })),
  },
  {
    bug: 'dates are kept to the second',
    breaks: 'values: dates to the millisecond',
    make: overTables((tables) => ({
      putRecord(record, index) {
        const expiresAt = new Date(Math.floor(record.expiresAt.getTime() / 1000) * 1000)
        tables.putRecord({ ...record, expiresAt }, index)
      },
    })),
  },
  {
    bug: 'amounts are kept as numbers',
    breaks: 'values: an amount that no double holds',
    make: overTables((tables) => ({
      putRecord: (record, index) =>
        tables.putRecord({ ...record, amountRaw: BigInt(Number(record.amountRaw)) }, index),
    })),
  },
  {
    bug: 'ids are compared without case',
    breaks: 'values: ids that differ in case, accents or trailing space are different',
    make: overTables((tables) => ({
      getRequest: (scope, id) => tables.getRequest(scope, id.toLowerCase()),
      putRequest: (scope, requestId, id) => tables.putRequest(scope, requestId.toLowerCase(), id),
    })),
  },
  {
    bug: 'records are handed out as they are stored',
    breaks: 'values: nor can what hangs from it: dates, intents and submissions',
    make(clock) {
      const kept = new Map<string, ChallengeRecord>()
      return overTables((tables) => ({
        putRecord(record, index) {
          kept.set(record.challengeId, record)
          tables.putRecord(record, index)
        },
        getRecord: (id) => tables.getRecord(id) && kept.get(id),
      }))(clock)
    },
  },
]

export const mutants: readonly Mutant[] = [...writeMutants, ...guardMutants, ...readMutants]

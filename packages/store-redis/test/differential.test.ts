import { createMint, createSteeredClock, type Minted, type Payment } from '@key0/conformance/store'
import {
  type ChallengeFields,
  type ChallengeStore,
  type Outcome,
  type State,
  states,
  transitions,
  writtenWithAny,
} from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { expect, test } from 'vitest'
import { connect, openStore } from './openStore.ts'

/** A stream of whole numbers below a bound, the same for the same seed. */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

type Step = (store: ChallengeStore) => Promise<unknown>

/** Makes one random step over a few challenges that get in each other's way. */
function createSteps(seed: number) {
  const clock = createSteeredClock()
  const roll = createDice(seed)
  const mint = createMint(clock)
  const known: { readonly minted: Minted; readonly payments: readonly Payment[] }[] = []
  let keys = 0
  const pick = <item>(items: readonly item[]): item => items[roll(items.length)] as item
  const key = (): string => {
    keys += 1
    return `key-${roll(8) === 0 ? roll(keys) : keys}`
  }
  const soon = (): number => clock.nowMs() + roll(4_000_000) - 1_000_000
  const fieldsOf = (payment: Payment): Required<ChallengeFields> => ({
    intent: payment.intent({ stage: pick(['OPEN', 'PAID', 'VOID']) }),
    paymentRef: payment.paymentRef,
    ...{ txHash: payment.txHash, paidAt: new Date(soon()) },
    fromAddress: payment.intent().authorization.from,
    paidBlock: { number: 7n, hash: payment.txHash },
    paymentFinal: roll(2) === 0,
    lease: { holder: 'w', untilMs: soon() },
    accessGrant: { accessToken: 't' } as NonNullable<ChallengeFields['accessGrant']>,
    response: { status: 200, headers: [], body: '' },
    deliveredAt: new Date(soon()),
    refund: { sequence: 0 } as NonNullable<ChallengeFields['refund']>,
    refundTxHash: payment.txHash,
    ...{ refundedAt: new Date(soon()), refundError: 'no gas' },
    ...{ held: pick(['', 'for review']), nextVisitAt: new Date(soon()) },
    ...{ releasedAt: new Date(soon()), disposition: pick(['UNMATCHED', 'LATE'] as const) },
  })
  const move = (id: string, payment: Payment, state: State): Step => {
    const row = pick(transitions.filter(({ from }) => roll(6) === 0 || from === state))
    if (!row || (row.to === 'PAID' && row.from === 'PENDING')) return async () => {}
    const all = fieldsOf(payment)
    const fields: Record<string, unknown> = {}
    const drawn = row.writes.filter((name) => name !== 'response')
    for (const name of [...drawn, ...writtenWithAny]) {
      const chance = writtenWithAny.includes(name) ? roll(8) : roll(3)
      if (chance === 0) fields[name] = all[name]
      else if (chance === 1 && roll(3) === 0 && name !== 'paymentRef') fields[name] = undefined
    }
    // What the buyer gets is a grant or a response, and every other time the latter.
    if ('accessGrant' in fields && keys % 2 === 0) {
      fields.response = fields.accessGrant && all.response
      delete fields.accessGrant
    }
    const attempt = { key: key(), ...(roll(4) === 0 && { version: roll(9) }) }
    return (store) => store.transition({ id, from: row.from, to: row.to, fields, ...attempt })
  }
  return {
    ...{ clock, known },
    next(stateOf: (id: string) => State): Step {
      const what = roll(20)
      if (known.length === 0 || what < 3) {
        const minted = mint({ requestId: `r-${roll(6)}`, scope: pick(['x402-http', 'other']) })
        known.push({ minted, payments: [minted.pay(), minted.pay()] })
        const attempt = { key: key() }
        return (store) => store.create(minted.base, attempt)
      }
      if (what < 4) {
        const far = roll(4) === 0 ? [43_200_000, 604_800_000] : [1, 1_000, 900_000]
        const ms = pick(far)
        return async () => clock.advance(ms)
      }
      const one = pick(known.slice(-8))
      const id = one.minted.base.challengeId
      const payment = pick(roll(3) === 0 ? pick(known).payments : one.payments)
      const attempt = { key: key() }
      if (what < 7) {
        const intent = payment.intent()
        return (store) => store.reserve(id, intent, attempt)
      }
      if (what < 10) {
        const { lease, intent, paymentFinal, held } = fieldsOf(payment)
        const extra = pick<ChallengeFields>([{}, { lease }, { intent }, { paymentFinal }, { held }])
        const paid = payment.paid(extra)
        return (store) => store.settle(id, payment.paymentRef, paid, attempt)
      }
      if (what < 11) {
        const [version, visit] = [1 + roll(6), new Date(soon())]
        const facts = roll(2) === 0 ? ({ paymentFinal: true } as const) : undefined
        return (store) => store.postpone(id, version, visit, facts)
      }
      return move(id, payment, stateOf(id))
    },
  }
}

/** Everything that can be asked, but for what a sweep may or may not have taken yet. */
async function ask(store: ChallengeStore, { known, clock }: ReturnType<typeof createSteps>) {
  const records = await Promise.all(known.map(({ minted }) => store.get(minted.base.challengeId)))
  const alive = records.filter((record) => record !== undefined)
  const bases = known.map(({ minted }) => minted.base)
  const refs = known.flatMap(({ payments }) => payments.map(({ paymentRef }) => paymentRef))
  const later = new Date(clock.nowMs() + 1_000_000)
  const names = (found: readonly { readonly challengeId: string }[]) =>
    found.map(({ challengeId }) => challengeId)
  const trail = async (id: string) =>
    (await store.history(id)).map(({ sequence: _, ...entry }) => entry)
  return {
    records,
    trails: await Promise.all(alive.map(({ challengeId }) => trail(challengeId))),
    live: await Promise.all(
      bases.map(({ requestId, scope }) => store.findActiveByRequestId(requestId, scope)),
    ),
    claims: await Promise.all(refs.map((ref) => store.getClaim(ref))),
    refundable: names(await store.findPendingForRefund(later, 5)),
    due: names(await store.due(later, 1_000)),
    dueIn: await Promise.all(states.map(async (state) => names(await store.due(later, 9, state)))),
  }
}

const settle = async (step: Step, store: ChallengeStore) => {
  try {
    return { answer: await step(store) }
  } catch (error) {
    return { error: (error as { readonly code?: string }).code ?? String(error) }
  }
}

test('whatever is done to it, it answers like the memory store', async () => {
  using redis = connect()
  const kinds = new Map<string, number>()
  for (let seed = 1; seed <= 60; seed += 1) {
    const steps = createSteps(seed)
    const { clock } = steps
    const model = createMemoryStore({ clock })
    const { store } = openStore(redis, { clock })
    const current = new Map<string, State>()
    for (let i = 0; i < 120; i += 1) {
      const step = steps.next((id) => current.get(id) ?? 'PENDING')
      const expected = await settle(step, model)
      // The clock is shared: moving it is a step that is done once.
      const nowMs = clock.nowMs()
      const actual = await settle(step, store)
      clock.advance(nowMs - clock.nowMs())
      const at = `seed ${seed}, step ${i}`
      expect(actual, at).toEqual(expected)
      const outcome = expected.answer as Outcome | undefined
      const kind = expected.error ?? outcome?.kind ?? 'time'
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      if (outcome && 'record' in outcome)
        current.set(outcome.record.challengeId, outcome.record.state)
      if (i % 12 === 11) expect(await ask(store, steps), at).toEqual(await ask(model, steps))
    }
  }
  for (const kind of ['applied', 'replayed', 'foreign', 'lost'])
    expect(kinds.get(kind), kind).toBeGreaterThan(100)
}, 120_000)

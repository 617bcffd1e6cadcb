import type {
  Attempt,
  ChallengeBase,
  ChallengeFields,
  ChallengeStore,
  Hash,
  Move,
  Outcome,
  PaymentRef,
  SettlementIntent,
} from '@key0/core'
import { Key0Error } from '@key0/core'

/** One write of a store, as data: the model and the store are given the same. */
export type Call =
  | { readonly op: 'create'; readonly base: ChallengeBase; readonly attempt: Attempt }
  | {
      readonly op: 'reserve'
      readonly id: string
      readonly intent: SettlementIntent
      readonly attempt: Attempt
    }
  | {
      readonly op: 'settle'
      readonly id: string
      readonly paymentRef: PaymentRef
      readonly fields: ChallengeFields & { readonly txHash: Hash }
      readonly attempt: Attempt
    }
  | { readonly op: 'transition'; readonly move: Move }
  | {
      readonly op: 'postpone'
      readonly id: string
      readonly version: number
      readonly nextVisitAt: Date
      readonly facts?: { readonly paymentFinal: true }
    }

/** What a write answers, a refused illegal move included. */
export type Answer = Outcome | { readonly kind: 'TRANSITION_ILLEGAL' }

/**
 * Makes the call.
 *
 * @throws whatever the store throws, except TRANSITION_ILLEGAL
 */
export async function perform(store: ChallengeStore, call: Call): Promise<Answer> {
  try {
    return await make(store, call)
  } catch (error) {
    if (Key0Error.is(error, 'TRANSITION_ILLEGAL')) return { kind: 'TRANSITION_ILLEGAL' }
    throw error
  }
}

function make(store: ChallengeStore, call: Call): Promise<Outcome> {
  switch (call.op) {
    case 'create':
      return store.create(call.base, call.attempt)
    case 'reserve':
      return store.reserve(call.id, call.intent, call.attempt)
    case 'settle':
      return store.settle(call.id, call.paymentRef, call.fields, call.attempt)
    case 'transition':
      return store.transition(call.move)
    case 'postpone':
      return store.postpone(call.id, call.version, call.nextVisitAt, call.facts)
  }
}

/** Changes data all the way down, as a careless caller might. What is frozen stays. */
export function spoil(data: unknown): void {
  if (data instanceof Date && !Object.isFrozen(data)) data.setTime(1)
  if (typeof data !== 'object' || data === null || data instanceof Date) return
  for (const [name, value] of Object.entries(data)) {
    spoil(value)
    if (!(value instanceof Date)) Reflect.set(data, name, 'spoiled')
  }
}

/** Which challenges a call is about, and which payments. */
export function subjects(call: Call): {
  readonly ids: readonly string[]
  readonly refs: readonly string[]
} {
  switch (call.op) {
    case 'create':
      return { ids: [call.base.challengeId], refs: [] }
    case 'reserve':
      return { ids: [call.id], refs: [call.intent.paymentRef] }
    case 'settle':
      return { ids: [call.id], refs: [call.paymentRef] }
    case 'transition':
      return { ids: [call.move.id], refs: [] }
    case 'postpone':
      return { ids: [call.id], refs: [] }
  }
}

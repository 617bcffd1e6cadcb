import {
  type ChallengeRecord,
  type Delivered,
  type DeliveredResource,
  type Engine,
  type EngineEvent,
  Key0Error,
} from '@key0/core'
import { toReceipt } from './PaidReceipt.ts'
import type { SellerConfig } from './SellerConfig.ts'

/** The functions of the seller's own code that are called when something happens. */
export type Hooks = {
  /** Tells them. One that fails must not turn a sale into an error. */
  readonly observe: (event: EngineEvent) => void
  /** With `awaitOnPaid`, lets nothing out that the seller's books do not have. */
  readonly guard: (engine: Engine) => Engine
}

/** So many payments are remembered as recorded; one that is not is told again, which is harmless. */
const REMEMBERED = 10_000

/** What leaves the engine for a buyer. */
type Served =
  | { readonly challenge: ChallengeRecord; readonly replayed?: never }
  | Pick<Delivered, 'challenge' | 'replayed'>
  | DeliveredResource

type Config = Pick<
  SellerConfig,
  'observe' | 'onPaid' | 'awaitOnPaid' | 'onPaymentReceived' | 'onChallengeExpired'
>

export function createHooks(config: Config): Hooks {
  const { onPaid, awaitOnPaid = false } = config
  /** Payments that were told, by challenge: pending or done. Those that failed are not in it. */
  const told = new Map<string, Promise<void>>()
  const observe = (event: EngineEvent): void => {
    try {
      config.observe?.(event)
    } catch {
      // Observers must not throw; one that does is alone with it.
    }
  }
  const quietly = (name: string, hook: () => unknown): void => {
    Promise.resolve()
      .then(hook)
      .catch((cause: unknown) => observe({ name: 'alert', what: `${name} failed`, cause }))
  }
  const tellOnce = (challenge: ChallengeRecord): Promise<void> => {
    const { challengeId } = challenge
    const known = told.get(challengeId)
    if (known) return known
    const telling = Promise.resolve()
      .then(() => onPaid?.(toReceipt(challenge)))
      .then(() => undefined)
    for (const [oldest] of told) {
      if (told.size < REMEMBERED) break
      told.delete(oldest)
    }
    told.set(challengeId, telling)
    telling.catch(() => told.delete(challengeId))
    return telling
  }
  const record = async <served extends Served>(served: served): Promise<served> => {
    try {
      await tellOnce(served.challenge)
    } catch (cause) {
      observe({ name: 'alert', what: 'onPaid failed: nothing is served until it does not', cause })
      // A stream is kept nowhere: held back, it would be lost to who paid for it.
      const isStream = 'response' in served && !served.replayed && !served.response.body
      if (!isStream) throw new Key0Error('DELIVERY_PENDING', { cause })
    }
    return served
  }

  return {
    observe(event) {
      observe(event)
      if (event.name === 'challenge.paid' && onPaid)
        quietly('onPaid', () => tellOnce(event.challenge))
      if (event.name === 'challenge.delivered') {
        const { challenge } = event
        const grant = challenge.accessGrant
        if (grant) quietly('onPaymentReceived', () => config.onPaymentReceived?.(grant, challenge))
      }
      if (event.name === 'challenge.closed' && event.challenge.state === 'EXPIRED')
        quietly('onChallengeExpired', () =>
          config.onChallengeExpired?.(event.challenge.challengeId),
        )
    },
    guard: (engine) =>
      onPaid && awaitOnPaid
        ? {
            ...engine,
            pay: async (payment) => record(await engine.pay(payment)),
            deliver: async (id) => record(await engine.deliver(id)),
            submitProof: async (transfer) => record(await engine.submitProof(transfer)),
            payResource: async (payment, backend) =>
              record(await engine.payResource(payment, backend)),
            proveResource: async (transfer, backend) =>
              record(await engine.proveResource(transfer, backend)),
            async lookUp(id, proof) {
              const looked = await engine.lookUp(id, proof)
              const isServed = looked.isPayer && looked.challenge.state === 'DELIVERED'
              return isServed ? record(looked) : looked
            },
          }
        : engine,
  }
}

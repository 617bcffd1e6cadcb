import type { ChallengeRecord, EngineContext, EngineEvent } from '@key0/core'
import { toReceipt } from './PaidReceipt.ts'
import type { SellerConfig } from './SellerConfig.ts'

/** The functions of the seller's own code that are called when something happens. */
export type Hooks = Pick<EngineContext, 'recordSale'> & {
  /** Tells them. One that fails must not turn a sale into an error. */
  readonly observe: (event: EngineEvent) => void
}

/** So many payments are remembered as recorded; one that is not is told again, which is harmless. */
const REMEMBERED = 10_000

type Config = Pick<
  SellerConfig,
  'observe' | 'onPaid' | 'awaitOnPaid' | 'onPaymentReceived' | 'onChallengeExpired'
>

export function createHooks(config: Config): Hooks {
  const { onPaid, awaitOnPaid = false } = config
  /** Payments that were told, by their identity: pending or done. Failed ones are not in it. */
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
    const key = challenge.paymentRef ?? challenge.challengeId
    const known = told.get(key)
    if (known) return known
    const telling = Promise.resolve()
      .then(() => onPaid?.(toReceipt(challenge)))
      .then(() => undefined)
    for (const [oldest] of told) {
      if (told.size < REMEMBERED) break
      told.delete(oldest)
    }
    told.set(key, telling)
    telling.catch(() => told.delete(key))
    return telling
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
    ...(onPaid && awaitOnPaid && { recordSale: tellOnce }),
  }
}

import { toAuth } from '@key0/app-kit'
import type { Observe } from '@key0/core'
import { notifyPayment, toPaid } from '@key0/delivery'
import type { Logger } from 'pino'
import type { GatewayConfig } from './GatewayConfig.ts'
import { toSigner } from './toSigner.ts'

/** Under the backend's address: where it is told of payments. */
export const PAYMENT_RECEIVED = '/internal/payment-received'

/**
 * Tells the backend of every delivery once, and forgets it: the specified default. With a webhook
 * secret nothing is told here, because the dispatcher tells the same until it arrives.
 */
export function tellBackend(
  { token, notifications, notifyRequests }: GatewayConfig,
  { log, observe }: { readonly log: Logger; readonly observe: Observe },
): Observe {
  if (token.backendUrl === undefined || notifications) return observe
  const notify = notifyPayment({
    url: `${token.backendUrl}${PAYMENT_RECEIVED}`,
    auth: toAuth(token.auth, toSigner),
    onError: ({ reason }) => log.warn({ reason }, 'the backend was not notified'),
  })
  return (event) => {
    observe(event)
    if (event.name !== 'challenge.delivered') return
    const paid = toPaid(event.challenge)
    if (paid && (notifyRequests || paid.type === 'AccessGrant')) notify(paid, event.challenge)
  }
}

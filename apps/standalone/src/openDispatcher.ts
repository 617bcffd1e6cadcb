import { describeError, toAuth } from '@key0/app-kit'
import type { ChallengeStore, DocumentStore } from '@key0/core'
import { createDispatcher, type DispatchEvent, type Dispatcher } from '@key0/delivery'
import type { Logger } from 'pino'
import type { GatewayConfig } from './GatewayConfig.ts'
import { PAYMENT_RECEIVED } from './tellBackend.ts'
import { toSigner } from './toSigner.ts'

/**
 * What tells webhooks and the backend of events, durably. Its endpoints are known when this
 * resolves, so that nothing is sold before somebody is to be told of it.
 *
 * @throws STORE_UNAVAILABLE
 */
export async function openDispatcher(
  { notifications, notifyRequests, token }: GatewayConfig,
  stores: { readonly store: ChallengeStore; readonly documents: DocumentStore },
  log: Logger,
): Promise<Dispatcher | undefined> {
  if (!notifications) return undefined
  const { urls, secrets: secret, networks } = notifications
  const backend = token.backendUrl && {
    ...{
      url: `${token.backendUrl}${PAYMENT_RECEIVED}`,
      auth: toAuth(token.auth, toSigner),
      secret,
    },
    ...(!notifyRequests && { types: ['AccessGrant'] as const }),
  }
  const dispatcher = createDispatcher({
    ...stores,
    webhooks: urls.map((url) => ({ url, secret, networks })),
    ...(backend && { backend }),
    observe: (event) => write(log, event),
  })
  await dispatcher.open()
  return dispatcher
}

function write(log: Logger, event: DispatchEvent): void {
  if (event.name === 'dispatch.failed') {
    log.error({ cause: describeError(event.cause) }, 'notifications could not be dispatched')
    return
  }
  const { name, ...facts } = event
  if (name === 'delivery.dead') log.error(facts, 'a notification was given up: a dead letter')
  else log.warn(facts, 'a notification did not arrive and is tried again')
}

import { logDelivery, toAuth } from '@key0/app-kit'
import type { ChallengeStore, DocumentStore } from '@key0/core'
import {
  type AuthHeaderProvider,
  createDispatcher,
  type Dispatcher,
  type DispatcherOptions,
} from '@key0/delivery'
import type { Logger } from 'pino'
import type { GatewayConfig, NotificationConfig } from './GatewayConfig.ts'
import { PAYMENT_RECEIVED } from './tellBackend.ts'
import { toSigner } from './toSigner.ts'

/**
 * What tells webhooks and the backend of events, and has the backend revoke, durably. Its endpoints
 * are known when this resolves, so that nothing is sold before somebody is to be told of it.
 *
 * @throws STORE_UNAVAILABLE
 */
export async function openDispatcher(
  config: GatewayConfig,
  stores: { readonly store: ChallengeStore; readonly documents: DocumentStore },
  log: Logger,
): Promise<Dispatcher | undefined> {
  const { notifications, token } = config
  const auth = toAuth(token.auth, toSigner)
  const told = notifications && toTold(config, notifications, auth)
  const revokeUrl = token.mode === 'remote' ? token.revokeUrl : undefined
  if (!told && revokeUrl === undefined) return undefined
  const dispatcher = createDispatcher({
    ...stores,
    ...told,
    ...(revokeUrl !== undefined && { revocations: { url: revokeUrl, auth } }),
    observe: logDelivery(log),
  })
  await dispatcher.open()
  return dispatcher
}

function toTold(
  { token, notifyRequests }: GatewayConfig,
  { urls, secrets: secret, networks }: NotificationConfig,
  auth: AuthHeaderProvider,
): Pick<DispatcherOptions, 'webhooks' | 'backend'> {
  const backend = token.backendUrl && {
    ...{ url: `${token.backendUrl}${PAYMENT_RECEIVED}`, auth, secret },
    ...(!notifyRequests && { types: ['AccessGrant'] as const }),
  }
  return {
    webhooks: urls.map((url) => ({ url, secret, networks })),
    ...(backend && { backend }),
  }
}

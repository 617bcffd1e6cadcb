import type { AuthHeaderProvider } from '../auth/AuthHeaderProvider.ts'
import { misconfigured } from '../configuration.ts'
import { createBackendPoster } from './createBackendPoster.ts'
import type { Endpoint } from './Endpoint.ts'
import { toNotification } from './notifyPayment.ts'
import { type Paid, paidTypes, toPaid } from './Paid.ts'
import { parseSecrets, type WebhookSecrets } from './secrets.ts'
import { signWebhook } from './signWebhook.ts'
import { eventIdOf } from './WebhookEvent.ts'

/** The seller's own backend, which is told of every delivery: a plan's with its grant. */
export type BackendEndpoint = {
  /** Such as `https://backend.example/internal/payment-received`; it may be internal. */
  readonly url: string | URL
  /** Default `noAuth()`. */
  readonly auth?: AuthHeaderProvider
  /** Signs the notification as webhooks are signed. */
  readonly secret?: WebhookSecrets
  /** Default: both, the grants of plans and single requests that were answered. */
  readonly types?: readonly Paid['type'][]
  /** Of one attempt; default 10000. */
  readonly timeoutMs?: number
}

/** @throws CONFIG_INVALID naming the option */
export function openBackend(options: BackendEndpoint): Endpoint {
  const { secret, types = paidTypes } = options
  // With none of them it would look as if the backend were told.
  if (types.length === 0 || types.some((type) => !paidTypes.includes(type)))
    throw misconfigured('types', `some of ${paidTypes.join(', ')}`)
  const keys = secret === undefined ? [] : parseSecrets(secret)
  return {
    id: 'backend',
    ...createBackendPoster(options),
    takes: ({ from, to }) => to === 'DELIVERED' && from !== to,
    async write(entry, record, nowMs) {
      if (!record) return 'what was bought is no longer kept'
      const paid = toPaid(record)
      if (!paid || !types.includes(paid.type)) return undefined
      const { body, idempotencyKey } = toNotification(paid, record)
      const id = eventIdOf(entry)
      const signed = keys.length > 0 ? signWebhook(keys, { id, atMs: nowMs, body }) : {}
      return {
        ...{ id, body, type: 'payment-received' },
        headers: { ...signed, 'idempotency-key': idempotencyKey },
        // It holds a grant, or the challenge's id, which is a capability.
        logged: `(what a ${paid.type} says is not logged)`,
        secrets: listSecrets(paid),
      }
    },
  }
}

function listSecrets(paid: Paid): readonly string[] {
  const ids = [paid.challengeId, paid.requestId]
  if (paid.type === 'PaidRequest') return ids
  return [...ids, paid.accessToken, ...listTexts(paid.credential)]
}

/** Every text in a value of JSON. */
function listTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(listTexts)
}

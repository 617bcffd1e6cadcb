import { createHash } from 'node:crypto'
import { misconfigured, parseBackendUrl, parseDuration } from '../configuration.ts'
import { createPoster } from './createPoster.ts'
import type { Resolve } from './createPublicLookup.ts'
import type { Endpoint } from './Endpoint.ts'
import { parseSecrets, type WebhookSecrets } from './secrets.ts'
import { signWebhook } from './signWebhook.ts'
import {
  toWebhookEvent,
  typesOf,
  type WebhookEventType,
  webhookEventTypes,
} from './WebhookEvent.ts'

/** An address of the seller's choice that is told what happens. */
export type WebhookEndpoint = {
  readonly url: string | URL
  readonly secret: WebhookSecrets
  /** Default: all of them. */
  readonly types?: readonly WebhookEventType[]
  /**
   * Default `public`: only addresses of the public internet, checked after resolution, at every
   * connection. `any` is for a receiver in the seller's own network.
   */
  readonly networks?: 'public' | 'any'
  /** Of one attempt; default 10000. */
  readonly timeoutMs?: number
}

/** What an endpoint is called: the same in every process, and after every start. */
function endpointIdOf(url: URL): string {
  return `we_${createHash('sha256').update(url.href).digest('hex').slice(0, 12)}`
}

/** @throws CONFIG_INVALID naming the option */
export function openWebhook(options: WebhookEndpoint, resolve?: Resolve): Endpoint {
  const { types = webhookEventTypes, networks = 'public' } = options
  const unknown = types.find((type) => !webhookEventTypes.includes(type))
  if (unknown !== undefined) throw misconfigured('types', `some of ${webhookEventTypes.join(', ')}`)
  const url = parseBackendUrl(options.url)
  const keys = parseSecrets(options.secret)
  const timeoutMs = parseDuration(options.timeoutMs ?? 10_000, 'timeoutMs')
  const poster = createPoster({ url, networks, timeoutMs, ...(resolve && { resolve }) })
  return {
    id: endpointIdOf(url),
    // A query may hold a token.
    address: `${url.origin}${url.pathname}`,
    takes: (entry) => typesOf(entry).some((type) => types.includes(type)),
    async write(entry, record, nowMs) {
      const event = toWebhookEvent(entry, record)
      // Which of two it is shows only now.
      if (!types.includes(event.type)) return undefined
      const body = JSON.stringify(event)
      const id = event.idempotencyKey
      return {
        ...{ id, body, type: event.type, logged: body },
        headers: signWebhook(keys, { id, atMs: nowMs, body }),
      }
    },
    post: ({ headers, body }, signal) => poster.post(headers, body, signal),
    timeoutMs,
    close: poster.close,
  }
}

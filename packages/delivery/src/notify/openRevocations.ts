import { revocationOf } from '@key0/core'
import type { AuthHeaderProvider } from '../auth/AuthHeaderProvider.ts'
import { askAuth } from '../auth/askAuth.ts'
import { noAuth } from '../auth/noAuth.ts'
import { parseBackendUrl, parseDuration } from '../configuration.ts'
import { createPoster } from './createPoster.ts'
import type { Endpoint } from './Endpoint.ts'
import { eventIdOf } from './WebhookEvent.ts'

/** Where the seller's backend withdraws what it issued for a purchase that goes back. */
export type RevocationEndpoint = {
  /** Such as `https://backend.example/internal/revoke-token`; it may be internal. */
  readonly url: string | URL
  /** Default `noAuth()`. */
  readonly auth?: AuthHeaderProvider
  /** Of one attempt; default 10000. */
  readonly timeoutMs?: number
}

/**
 * Asks the backend to revoke from the moment a refund is claimed, under the key that every attempt
 * to issue carried, until it says so.
 *
 * @throws CONFIG_INVALID naming the option
 */
export function openRevocations(options: RevocationEndpoint): Endpoint {
  const { auth = noAuth() } = options
  const url = parseBackendUrl(options.url)
  const timeoutMs = parseDuration(options.timeoutMs ?? 10_000, 'timeoutMs')
  const poster = createPoster({ url, networks: 'any', timeoutMs })
  return {
    id: 'revocations',
    address: `${url.origin}${url.pathname}`,
    takes: ({ from, to }) => from === 'PAID' && to === 'REFUND_PENDING',
    async write(entry, record) {
      if (!record) return 'the purchase is no longer kept'
      const request = revocationOf(record)
      if (!request) return undefined
      const { planId, resourceId, txHash, idempotencyKey } = request
      return {
        ...{ id: eventIdOf(entry), type: 'revocation', body: JSON.stringify(request) },
        headers: { 'idempotency-key': idempotencyKey },
        // The ids are capabilities.
        logged: JSON.stringify({ planId, resourceId, txHash }),
      }
    },
    async post({ headers, body }, signal) {
      const own = await askAuth(auth)
      if (!own) return { kind: 'failed', reason: 'the auth provider gave no usable headers' }
      return poster.post({ ...own, ...headers }, body, signal)
    },
    timeoutMs,
    close: poster.close,
  }
}

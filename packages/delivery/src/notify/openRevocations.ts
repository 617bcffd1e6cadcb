import { revocationOf } from '@key0/core'
import type { AuthHeaderProvider } from '../auth/AuthHeaderProvider.ts'
import { createBackendPoster } from './createBackendPoster.ts'
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
  return {
    id: 'revocations',
    ...createBackendPoster(options),
    takes: ({ from, to }) => from === 'PAID' && to === 'REFUND_PENDING',
    async write(entry, record) {
      if (!record) return 'the purchase is no longer kept'
      const request = revocationOf(record)
      if (!request) return undefined
      const { planId, resourceId, txHash, idempotencyKey, challengeId, requestId } = request
      return {
        ...{ id: eventIdOf(entry), type: 'revocation', body: JSON.stringify(request) },
        headers: { 'idempotency-key': idempotencyKey },
        // The ids are capabilities.
        logged: JSON.stringify({ planId, resourceId, txHash }),
        secrets: [challengeId, requestId],
      }
    },
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import type { Revoker } from '@key0/core'
import type { AuthHeaderProvider } from './auth/AuthHeaderProvider.ts'
import { noAuth } from './auth/noAuth.ts'
import { type Fetch, type Post, type Posted, postJson } from './backend/postJson.ts'
import { parseBackendUrl, parseDuration } from './configuration.ts'

/** With the default timeout all attempts end within the ten seconds that a refund waits. */
const delaysMs = [250, 500]

export type RemoteRevokerOptions = {
  /** Where revocations are POSTed, such as `https://backend.example/internal/revoke-token`. */
  readonly url: string | URL
  /** Default {@link noAuth}. */
  readonly auth?: AuthHeaderProvider
  /** For one of three attempts. Default 3000; a refund waits ten seconds for all of them. */
  readonly timeoutMs?: number
  readonly fetch?: Fetch
  /** Waits between attempts; may end early, also by rejecting, when the signal fires. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/**
 * Tells the seller's backend that a purchase is refunded, under the `Idempotency-Key` that every
 * attempt to issue for it carried. Any 2xx says that no credential of that key is good, nor ever
 * issued again; after anything else it is told twice more, and then this rejects.
 *
 * @throws Key0Error `CONFIG_INVALID` naming the option.
 */
export function createRemoteRevoker(options: RemoteRevokerOptions): Revoker {
  const { auth = noAuth(), fetch = globalThis.fetch } = options
  const sleep = options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal }))
  const post: Post = {
    url: parseBackendUrl(options.url),
    auth,
    fetch: (url, init) => fetch(url, init),
    timeoutMs: parseDuration(options.timeoutMs ?? 3_000, 'timeoutMs'),
    maxBytes: 0,
  }
  return {
    async revoke(request, signal) {
      const json = JSON.stringify(request)
      for (let attempt = 0; ; attempt += 1) {
        const posted = await postJson(post, json, request.idempotencyKey, signal)
        if (posted.kind === 'answered' && posted.status >= 200 && posted.status < 300) return
        const delayMs = delaysMs[attempt]
        if (delayMs === undefined || signal.aborted) throw new Error(reasonOf(posted))
        await sleep(delayMs, signal).catch(() => undefined)
      }
    },
  }
}

/** Safe to log: no address, no header and nothing the backend wrote. */
const reasonOf = (posted: Posted): string =>
  posted.kind === 'answered' ? `the backend answered ${posted.status}` : posted.reason

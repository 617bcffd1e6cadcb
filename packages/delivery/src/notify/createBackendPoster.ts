import type { AuthHeaderProvider } from '../auth/AuthHeaderProvider.ts'
import { askAuth } from '../auth/askAuth.ts'
import { noAuth } from '../auth/noAuth.ts'
import { parseBackendUrl, parseDuration } from '../configuration.ts'
import { createPoster } from './createPoster.ts'
import type { Endpoint } from './Endpoint.ts'

/**
 * How the seller's own backend is reached: wherever it is, with its authentication.
 *
 * @throws CONFIG_INVALID naming the option
 */
export function createBackendPoster(options: {
  readonly url: string | URL
  readonly auth?: AuthHeaderProvider
  readonly timeoutMs?: number
}): Pick<Endpoint, 'address' | 'post' | 'timeoutMs' | 'close'> {
  const { auth = noAuth() } = options
  const url = parseBackendUrl(options.url)
  const timeoutMs = parseDuration(options.timeoutMs ?? 10_000, 'timeoutMs')
  const poster = createPoster({ url, networks: 'any', timeoutMs })
  return {
    address: `${url.origin}${url.pathname}`,
    async post({ headers, body }, signal) {
      const own = await askAuth(auth)
      if (!own) return { kind: 'failed', reason: 'the auth provider gave no usable headers' }
      return poster.post({ ...own, ...headers }, body, signal)
    },
    timeoutMs,
    close: poster.close,
  }
}

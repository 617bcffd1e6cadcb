import { misconfigured } from '../configuration.ts'
import type { AuthHeaderProvider } from './AuthHeaderProvider.ts'
import { headerNameText, headerValueText, isAuthHeaderName, isHeaderValue } from './authHeaders.ts'

/**
 * Sends the same secret with every call, as `<headerName>: <secret>`. The backend should compare
 * it in constant time, and the connection must be private (TLS or a trusted network).
 *
 * @throws Key0Error `CONFIG_INVALID` for an empty secret, and for a name or secret that is not
 * fit to be a header. The message never contains the secret.
 *
 * @example
 * sharedSecretAuth('X-Internal-Auth', secret)
 */
export function sharedSecretAuth(headerName: string, secret: string): AuthHeaderProvider {
  if (!isAuthHeaderName(headerName)) throw misconfigured('headerName', headerNameText)
  if (!isHeaderValue(secret)) throw misconfigured('secret', headerValueText)
  return () => ({ [headerName]: secret })
}

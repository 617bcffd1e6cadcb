import { Key0Error } from '@key0/core'

/**
 * What the driver threw, as an error of the store. The server's `detail` and the driver's
 * `parameters` quote rows, and with them signatures: only the message and the code go on.
 */
export function toUnavailable(operation: string, error: unknown): Key0Error {
  if (Key0Error.is(error)) return error
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  // A refused connection to several addresses has a code and no message.
  const cause = new Error(String(message || code || error))
  const facts = typeof code === 'string' ? { operation, sqlState: code } : { operation }
  return new Key0Error('STORE_UNAVAILABLE', { facts, cause })
}

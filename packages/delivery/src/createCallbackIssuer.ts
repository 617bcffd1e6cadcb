import type { CredentialIssuer, CredentialRequest, Issued } from '@key0/core'
import { parseDuration } from './configuration.ts'
import { readCredentialValue } from './credential/readCredential.ts'
import { withDeadline } from './withDeadline.ts'

/**
 * A seller's own function that issues what was bought. It may be called again for the same
 * purchase and must issue at most once per `request.idempotencyKey`. It returns a token, or an
 * object of any shape a backend may answer with. By throwing it says that nothing was issued.
 */
export type FetchResourceCredentials = (request: CredentialRequest, signal: AbortSignal) => unknown

export type CallbackIssuerOptions = {
  /** How long the function may take. Default 10000. */
  readonly timeoutMs?: number
  /** Unix milliseconds, for lives given in seconds. Default `Date.now`. */
  readonly nowMs?: () => number
}

/**
 * Lets a function of the seller issue the credential. Throwing is `failed`; taking too long, being
 * stopped, or returning something that cannot be read is `unknown`. What was thrown is not put
 * into the reason, because it may hold a secret.
 *
 * @throws Key0Error `CONFIG_INVALID` naming the option.
 */
export function createCallbackIssuer(
  fetchResourceCredentials: FetchResourceCredentials,
  options: CallbackIssuerOptions = {},
): CredentialIssuer {
  const { nowMs = Date.now } = options
  const timeoutMs = parseDuration(options.timeoutMs ?? 10_000, 'timeoutMs')

  const issue = async (request: CredentialRequest, signal: AbortSignal): Promise<Issued> => {
    if (signal.aborted) return { kind: 'failed', reason: 'stopped by the caller' }
    const ended = await withDeadline(timeoutMs, signal, (inner) =>
      fetchResourceCredentials(request, inner),
    )
    switch (ended.kind) {
      case 'done': {
        const credential = readCredentialValue(ended.value, nowMs())
        if (credential) return { kind: 'issued', credential }
        return { kind: 'unknown', reason: 'fetchResourceCredentials returned no credential' }
      }
      case 'late':
        return { kind: 'unknown', reason: `no credential within ${timeoutMs} ms` }
      case 'stopped':
        return { kind: 'unknown', reason: 'stopped by the caller' }
      case 'threw':
        return { kind: 'failed', reason: `fetchResourceCredentials threw ${nameOf(ended.cause)}` }
    }
  }

  return { issue, worstCaseMs: timeoutMs }
}

const nameOf = (cause: unknown): string =>
  cause instanceof Error && /^\w{1,40}$/.test(cause.name) ? cause.name : 'a value'

import {
  type AccessClaims,
  createKey0Validator,
  type Key0ValidatorOptions,
  type RequestLike,
  TokenError,
} from '@key0/token'

/** Whether a request may pass: what its token says, or the answer that turns it away. */
export type Verdict =
  | { readonly kind: 'passed'; readonly claims: AccessClaims }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

/**
 * Judges requests by their access token. Who has none gets 401, who bought something else 403, as
 * `application/problem+json` with a `WWW-Authenticate: Bearer` challenge (RFC 6750 section 3).
 *
 * @throws TokenError now, not at the first request, when a key or an option is wrong.
 */
export function createTokenGate(
  options: Key0ValidatorOptions,
): (request: RequestLike) => Promise<Verdict> {
  const { validateRequest } = createKey0Validator(options)
  return async (request) => {
    try {
      return { kind: 'passed', claims: await validateRequest(request) }
    } catch (error) {
      if (!TokenError.is(error)) throw error
      return refuse(error)
    }
  }
}

function refuse({ code, status, message }: TokenError): Verdict {
  // A 500 is about our own configuration: its text is for the log, not for the caller.
  const told = status === 500 ? {} : { detail: message }
  const challenge = challenges[status](code)
  return {
    kind: 'refused',
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(challenge && { 'www-authenticate': challenge }),
    },
    body: JSON.stringify({ status, code, ...told }),
  }
}

const challenges: Readonly<
  Record<TokenError['status'], (code: TokenError['code']) => string | undefined>
> = {
  // Who sent no credential is not told that it is wrong.
  401: (code) => (code === 'AUTHORIZATION_MISSING' ? 'Bearer' : 'Bearer error="invalid_token"'),
  403: () => 'Bearer error="insufficient_scope"',
  500: () => undefined,
  503: () => undefined,
}

import {
  type AccessClaims,
  createKey0Validator,
  type Key0ValidatorOptions,
  TokenError,
} from '@key0/token'
import type { MiddlewareHandler } from 'hono'

declare module 'hono' {
  interface ContextVariableMap {
    /** What the caller bought; set by `validateAccessToken`. */
    key0Token: AccessClaims
  }
}

/**
 * Lets through who holds an access token of this gateway, with its claims in
 * `context.get('key0Token')`. Everybody else gets 401, or 403 for a token that buys something else,
 * as `application/problem+json` with a `WWW-Authenticate: Bearer` challenge (RFC 6750 section 3).
 *
 * @throws TokenError now, not at the first request, when a key or an option is wrong.
 */
export function validateAccessToken(options: Key0ValidatorOptions): MiddlewareHandler {
  const { validateRequest } = createKey0Validator(options)
  return async (context, next) => {
    try {
      context.set('key0Token', await validateRequest(context.req.raw))
    } catch (error) {
      if (!TokenError.is(error)) throw error
      return refuse(error)
    }
    return next()
  }
}

function refuse({ code, status, message }: TokenError): Response {
  // A 500 is about our own configuration: its text is for the log, not for the caller.
  const told = status === 500 ? {} : { detail: message }
  const challenge = challenges[status](code)
  return new Response(JSON.stringify({ status, code, ...told }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(challenge && { 'www-authenticate': challenge }),
    },
  })
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

import { createTokenGate } from '@key0/middleware-kit'
import type { AccessClaims, Key0ValidatorOptions } from '@key0/token'
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
  const judge = createTokenGate(options)
  return async (context, next) => {
    const verdict = await judge(context.req.raw)
    if (verdict.kind === 'refused') return new Response(verdict.body, verdict)
    context.set('key0Token', verdict.claims)
    return next()
  }
}

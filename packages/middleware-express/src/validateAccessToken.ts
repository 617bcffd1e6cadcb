import { createTokenGate } from '@key0/middleware-kit'
import type { AccessClaims, Key0ValidatorOptions } from '@key0/token'
import type { RequestHandler } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** What the caller bought; set by `validateAccessToken`. */
      key0Token?: AccessClaims
    }
  }
}

/**
 * Lets through who holds an access token of this gateway, with its claims in `request.key0Token`.
 * Everybody else gets 401, or 403 for a token that buys something else, as
 * `application/problem+json` with a `WWW-Authenticate: Bearer` challenge (RFC 6750 section 3).
 *
 * @throws TokenError now, not at the first request, when a key or an option is wrong.
 */
export function validateAccessToken(options: Key0ValidatorOptions): RequestHandler {
  const judge = createTokenGate(options)
  return async (request, response, next) => {
    const verdict = await judge(request)
    if (verdict.kind === 'refused') {
      response.status(verdict.status).set(verdict.headers).end(verdict.body)
      return
    }
    request.key0Token = verdict.claims
    next()
  }
}

import { createTokenGate } from '@key0/middleware-kit'
import type { AccessClaims, Key0ValidatorOptions } from '@key0/token'
import type { FastifyReply, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the caller bought; set by `validateAccessToken`. */
    key0Token?: AccessClaims
  }
}

/**
 * An `onRequest` or `preHandler` hook that lets through who holds an access token of this gateway,
 * with its claims in `request.key0Token`. Everybody else gets 401, or 403 for a token that buys
 * something else, as `application/problem+json` with a `WWW-Authenticate: Bearer` challenge
 * (RFC 6750 section 3).
 *
 * @throws TokenError now, not at the first request, when a key or an option is wrong.
 */
export function validateAccessToken(
  options: Key0ValidatorOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  const judge = createTokenGate(options)
  return async (request, reply) => {
    const verdict = await judge(request.raw)
    // As bytes: to text Fastify would add a charset that the type does not have.
    if (verdict.kind === 'refused')
      return reply.code(verdict.status).headers(verdict.headers).send(Buffer.from(verdict.body))
    request.key0Token = verdict.claims
    return undefined
  }
}

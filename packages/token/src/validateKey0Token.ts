import type { RequestLike } from './bearer/readBearer.ts'
import type { AccessClaims } from './claims/AccessClaims.ts'
import { createKey0Validator, type Key0ValidatorOptions } from './createKey0Validator.ts'

/**
 * Validates what a caller presented: the value of an `Authorization` header, or a bare token.
 * Keys given as text are parsed once per process; {@link createKey0Validator} also checks them at
 * start-up.
 *
 * @example
 * const claims = await validateKey0Token(request.headers.authorization, { secret })
 * @throws TokenError whose `status` is the answer to give.
 */
export async function validateKey0Token(
  authorizationOrToken: string | null | undefined,
  options: Key0ValidatorOptions,
): Promise<AccessClaims> {
  return createKey0Validator(options).validateToken(authorizationOrToken)
}

/**
 * Validates a request by its `Authorization: Bearer` header. A token in the query string, the
 * body or a cookie is not looked for.
 *
 * @throws TokenError whose `status` is the answer to give.
 */
export async function validateKey0Request(
  request: RequestLike,
  options: Key0ValidatorOptions,
): Promise<AccessClaims> {
  return createKey0Validator(options).validateRequest(request)
}

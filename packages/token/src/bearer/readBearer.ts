import { TokenError } from '../TokenError.ts'

/** Headers by name, as Node's `IncomingMessage` has them. */
export type HeaderRecord = { readonly [name: string]: string | readonly string[] | undefined }

/** The part of the Fetch API's `Headers` that is needed. */
export type HeadersLike = { get(name: string): string | null | undefined }

/** A fetch `Request`, a `Headers`, or a request of Node, Express or Fastify. */
export type RequestLike =
  | HeadersLike
  | {
      readonly headers: HeadersLike | HeaderRecord
      /** Node's own list, where a repeated header is still visible. */
      readonly rawHeaders?: readonly string[]
    }

/**
 * The token of an `Authorization: Bearer` value (RFC 6750 section 2.1): the scheme in any case,
 * exactly one space, one credential.
 *
 * @throws TokenError with an `AUTHORIZATION_` code.
 */
export function readBearer(authorization: string | null | undefined): string {
  const expected = '"Authorization: Bearer <token>"'
  if (authorization === undefined || authorization === null || authorization === '')
    throw new TokenError('AUTHORIZATION_MISSING', expected)
  if (typeof authorization !== 'string') throw new TokenError('AUTHORIZATION_MALFORMED', expected)
  // Fetch joins repeated headers with a comma, which no credential contains.
  if (authorization.includes(','))
    throw new TokenError('AUTHORIZATION_DUPLICATE', 'one Authorization header with one token')
  const token = /^bearer ([^\s]+)$/i.exec(authorization)?.[1]
  if (token === undefined)
    throw new TokenError('AUTHORIZATION_MALFORMED', `${expected} with one space`)
  return token
}

/**
 * The token a request carries in its `Authorization` header, and nowhere else: addresses end up
 * in logs, so a token in a query string is never looked for.
 *
 * @throws TokenError with an `AUTHORIZATION_` code.
 */
export function readBearerFromRequest(request: RequestLike): string {
  const values = authorizationValues(request)
  if (values.length > 1)
    throw new TokenError('AUTHORIZATION_DUPLICATE', 'one Authorization header with one token')
  return readBearer(values[0])
}

function authorizationValues(request: RequestLike): readonly string[] {
  // Node keeps the first of two Authorization headers without a word; the raw list has both.
  if ('rawHeaders' in request && Array.isArray(request.rawHeaders)) {
    const raw: readonly string[] = request.rawHeaders
    const values = raw.filter((_, index) => index % 2 === 1 && isAuthorization(raw[index - 1]))
    if (values.length > 1) return values
  }
  const headers = 'headers' in request ? request.headers : request
  if (isHeaders(headers)) return [headers.get('authorization') ?? []].flat()
  return Object.entries(headers ?? {})
    .filter(([name]) => isAuthorization(name))
    .flatMap(([, value]) => value ?? [])
}

function isHeaders(headers: HeadersLike | HeaderRecord): headers is HeadersLike {
  return typeof headers?.get === 'function'
}

function isAuthorization(name: string | undefined): boolean {
  return name?.toLowerCase() === 'authorization'
}

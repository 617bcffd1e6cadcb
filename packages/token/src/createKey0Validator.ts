import type { KeyObject } from 'node:crypto'
import { type RequestLike, readBearer, readBearerFromRequest } from './bearer/readBearer.ts'
import type { AccessClaims } from './claims/AccessClaims.ts'
import {
  type ClockOptions,
  type ExpectationOptions,
  parseClock,
  parseExpectations,
} from './claims/Expectations.ts'
import {
  parseVerificationKey,
  parseVerificationKeys,
  type VerificationKey,
} from './keys/AccessKey.ts'
import { type Keyring, localKeyring, remoteKeyring } from './keys/Keyring.ts'
import { TokenError } from './TokenError.ts'
import { verifyToken } from './verify/verifyToken.ts'

/**
 * What a backend trusts and asks for. Exactly one of `secret`, `publicKey` and `jwksUrl` says
 * which keys, and with it which algorithm; the token has no say.
 */
export type Key0ValidatorOptions = ExpectationOptions &
  ClockOptions & {
    /** The HS256 secret shared with the gateway: at least 32 bytes. */
    readonly secret?: string | Uint8Array | undefined
    /** The gateway's public key (RS256 or ES256, by its kind), PEM or `KeyObject`. */
    readonly publicKey?: string | KeyObject | undefined
    /** Where the gateway publishes its public keys. https, or http on this machine. */
    readonly jwksUrl?: string | URL | undefined
    /** Keys that still verify while a rotation lasts; a `jwksUrl` publishes its own. */
    readonly previousKeys?: readonly VerificationKey[]
  }

/** A validator with its keys parsed. Both functions throw {@link TokenError}. */
export type Key0Validator = {
  /** Takes the value of an `Authorization` header, or a bare token. */
  validateToken(authorizationOrToken: string | null | undefined): Promise<AccessClaims>
  /** Reads the `Authorization` header of a request and nothing else of it. */
  validateRequest(request: RequestLike): Promise<AccessClaims>
}

/**
 * Parses the keys and checks the options now, so that a misconfigured backend fails when it
 * starts and not at its first paid request.
 *
 * @throws TokenError with an `OPTIONS_`, `SECRET_` or `KEY_` code.
 */
export function createKey0Validator(options: Key0ValidatorOptions): Key0Validator {
  const keyring = parseKeyring(options)
  const expected = parseExpectations(options)
  const clock = parseClock(options)
  return {
    async validateToken(authorizationOrToken) {
      return verifyToken(readToken(authorizationOrToken), keyring, expected, clock)
    },
    async validateRequest(request) {
      return verifyToken(readBearerFromRequest(request), keyring, expected, clock)
    },
  }
}

function parseKeyring(options: Key0ValidatorOptions): Keyring {
  const { secret, publicKey, jwksUrl, previousKeys } = options
  const given = [secret, publicKey, jwksUrl].filter((source) => source !== undefined)
  if (given.length !== 1)
    throw new TokenError('OPTIONS_INVALID', 'exactly one of secret, publicKey and jwksUrl')
  if (jwksUrl !== undefined) {
    if (previousKeys !== undefined)
      throw new TokenError('OPTIONS_INVALID', 'no previousKeys beside a jwksUrl')
    return remoteKeyring(jwksUrl)
  }
  const current: VerificationKey =
    secret !== undefined ? { algorithm: 'HS256', secret } : { publicKey: publicKey ?? '' }
  return localKeyring([parseVerificationKey(current), ...parseVerificationKeys(previousKeys ?? [])])
}

/** A JWT has no white space and is not a scheme, so the two forms cannot be confused. */
function readToken(value: string | null | undefined): string {
  const bare = typeof value === 'string' && value !== '' && !/[\s,]|^bearer$/i.test(value)
  return bare ? value : readBearer(value)
}

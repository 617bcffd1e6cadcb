import type { KeyObject } from 'node:crypto'
import { type CryptoKey, createRemoteJWKSet, errors, type RemoteJWKSet } from 'jose'
import { remember } from '../remember.ts'
import { TokenError } from '../TokenError.ts'
import type { Algorithm, Verifier } from './AccessKey.ts'
import { minModulusBits } from './parsePairKey.ts'

/** What of a token's header may choose among trusted keys; it can never introduce one. */
export type KeyHint = { readonly alg: string; readonly kid: string | undefined }

/** The keys a verifier trusts, each usable with one algorithm only. */
export type Keyring = {
  /**
   * The keys worth trying. Every one of them is of `algorithm`, which is the key's own and not
   * the token's: the two merely agree.
   */
  find(hint: KeyHint): Promise<{
    readonly algorithm: Algorithm
    readonly keys: readonly (KeyObject | CryptoKey)[]
  }>
}

/**
 * A ring of configured keys. A `kid` only narrows: it is compared with the ids given to the keys
 * and read as nothing else (no path, no address). A key without an id is tried for any `kid`, and
 * a token without a `kid` is tried with every key, so that ids can be introduced mid-rotation.
 */
export function localKeyring(verifiers: readonly Verifier[]): Keyring {
  const algorithms = [...new Set(verifiers.map((verifier) => verifier.algorithm))]
  return {
    async find({ alg, kid }) {
      const algorithm = pinAlgorithm(alg, algorithms)
      const keys = verifiers.filter(
        (verifier) =>
          verifier.algorithm === algorithm &&
          (kid === undefined || verifier.keyId === undefined || verifier.keyId === kid),
      )
      if (keys.length === 0) throw unknownKey()
      return { algorithm, keys: keys.map((verifier) => verifier.key) }
    },
  }
}

const remotes = new Map<string, RemoteJWKSet>()

/**
 * A ring of public keys published at an address (RFC 7517 section 5), fetched when first needed,
 * kept for 10 minutes and fetched again for an unknown `kid` at most every 30 seconds. One
 * cache per address for the whole process.
 */
export function remoteKeyring(jwksUrl: string | URL): Keyring {
  const url = parseJwksUrl(jwksUrl)
  const jwks = remember(remotes, url.href, () => createRemoteJWKSet(url))
  return {
    async find({ alg, kid }) {
      const algorithm = pinAlgorithm(alg, ['RS256', 'ES256'])
      const key = await jwks({ alg: algorithm, ...(kid !== undefined && { kid }) }).catch(refuse)
      const { modulusLength = 0 } = key.algorithm as { readonly modulusLength?: number }
      if (algorithm === 'RS256' && modulusLength < minModulusBits)
        throw new TokenError('KEY_TOO_WEAK', `published keys of at least ${minModulusBits} bits`)
      return { algorithm, keys: [key] }
    },
  }
}

function pinAlgorithm(alg: string, allowed: readonly Algorithm[]): Algorithm {
  const algorithm = allowed.find((candidate) => candidate === alg)
  if (!algorithm) throw new TokenError('TOKEN_ALGORITHM_WRONG', allowed.join(' or '))
  return algorithm
}

function parseJwksUrl(jwksUrl: unknown): URL {
  const url = URL.canParse(String(jwksUrl)) ? new URL(String(jwksUrl)) : undefined
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '')
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback)
  if (!url || !secure || url.username !== '' || url.password !== '')
    throw new TokenError(
      'OPTIONS_INVALID',
      'jwksUrl to be an https address without credentials (http for this machine only)',
    )
  return url
}

function refuse(cause: unknown): never {
  if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys)
    throw unknownKey()
  throw new TokenError('JWKS_UNAVAILABLE', 'jwksUrl to answer 200 with a JSON Web Key Set', {
    cause,
  })
}

function unknownKey(): TokenError {
  return new TokenError('TOKEN_KEY_UNKNOWN', 'a kid that names exactly one trusted key')
}

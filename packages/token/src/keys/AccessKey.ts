import { createPublicKey, type KeyObject } from 'node:crypto'
import { TokenError } from '../TokenError.ts'
import { type PairAlgorithm, parsePairKey } from './parsePairKey.ts'
import { looksLikePem, parseSecret } from './parseSecret.ts'

/** The algorithms of RFC 7518 this package signs and verifies with. There is no other. */
export type Algorithm = 'HS256' | PairAlgorithm

/**
 * What an issuer signs with. A bare string or byte array is an HS256 secret. A key pair decides its
 * algorithm itself (RSA: RS256, EC on P-256: ES256); `algorithm` only demands that it is this one.
 *
 * `publicKey` is optional because the private key contains it; when given it must be the same
 * pair, so that a half-finished rotation fails at start-up. `keyId` becomes the `kid` header.
 */
export type SigningKey =
  | string
  | Uint8Array
  | {
      readonly algorithm: 'HS256'
      readonly secret: string | Uint8Array
      readonly keyId?: string
    }
  | {
      readonly algorithm?: PairAlgorithm
      readonly privateKey: string | KeyObject
      readonly publicKey?: string | KeyObject
      readonly keyId?: string
    }

/**
 * What an older token may still be verified with. A bare string is a PEM public key when it has a
 * PEM header and an HS256 secret otherwise; the two cannot be mistaken for one another, because a
 * secret that looks like PEM is refused everywhere.
 */
export type VerificationKey =
  | string
  | Uint8Array
  | {
      readonly algorithm: 'HS256'
      readonly secret: string | Uint8Array
      readonly keyId?: string
    }
  | {
      readonly algorithm?: PairAlgorithm
      readonly publicKey: string | KeyObject
      readonly keyId?: string
    }

/** A parsed key that verifies tokens of its one algorithm. */
export type Verifier = {
  readonly algorithm: Algorithm
  readonly key: KeyObject
  readonly keyId: string | undefined
}

/** A parsed key pair, or a secret twice. */
export type Signer = Verifier & { readonly signingKey: KeyObject }

/** Parses what an issuer signs with. @throws TokenError with a `SECRET_` or `KEY_` code. */
export function parseSigningKey(source: SigningKey): Signer {
  if (isSecret(source)) return secretSigner(source, undefined)
  if (isObject(source) && source.algorithm === 'HS256')
    return secretSigner(source.secret, parseKeyId(source.keyId))
  if (!isPair(source)) throw new TokenError('OPTIONS_INVALID', `a secret, or a key ${ofAlgorithm}`)
  const { algorithm, key: signingKey } = parsePairKey(
    'private',
    source.privateKey,
    source.algorithm,
  )
  const key = createPublicKey(signingKey)
  if (source.publicKey !== undefined && !key.equals(parsePairKey('public', source.publicKey).key))
    throw new TokenError('KEY_MISMATCH', 'the two halves of one key pair')
  return { algorithm, key, signingKey, keyId: parseKeyId(source.keyId) }
}

/** Parses one verification key. @throws TokenError with a `SECRET_` or `KEY_` code. */
export function parseVerificationKey(source: VerificationKey): Verifier {
  if (typeof source === 'string' && looksLikePem(source))
    return { ...parsePairKey('public', source), keyId: undefined }
  if (isSecret(source)) return { algorithm: 'HS256', key: parseSecret(source), keyId: undefined }
  if (isObject(source) && source.algorithm === 'HS256')
    return {
      algorithm: 'HS256',
      key: parseSecret(source.secret),
      keyId: parseKeyId(source.keyId),
    }
  if (isPair(source))
    return {
      ...parsePairKey('public', source.publicKey, source.algorithm),
      keyId: parseKeyId(source.keyId),
    }
  throw new TokenError('OPTIONS_INVALID', 'a secret, a PEM public key, or an object naming one')
}

/** Parses a list of keys a rotation keeps alive. @throws TokenError as for a single key. */
export function parseVerificationKeys(sources: readonly VerificationKey[]): readonly Verifier[] {
  if (!Array.isArray(sources))
    throw new TokenError('OPTIONS_INVALID', 'a list of the older keys that still verify')
  return sources.map((source: VerificationKey) => parseVerificationKey(source))
}

function secretSigner(secret: unknown, keyId: string | undefined): Signer {
  const key = parseSecret(secret)
  return { algorithm: 'HS256', key, signingKey: key, keyId }
}

// `undefined` counts as a secret that is missing, which is what an unset variable is.
function isSecret(source: unknown): source is string | Uint8Array {
  return source === undefined || typeof source === 'string' || source instanceof Uint8Array
}

const pairAlgorithms: readonly unknown[] = ['RS256', 'ES256', undefined]
const ofAlgorithm = "with algorithm 'HS256', 'RS256' or 'ES256'"

/** An object that is meant to be a key pair, or the public half of one. */
function isPair<source extends object>(
  source: source,
): source is Extract<source, { readonly algorithm?: PairAlgorithm }> {
  return isObject(source) && pairAlgorithms.includes((source as { algorithm?: unknown }).algorithm)
}

function isObject(source: unknown): source is object {
  return typeof source === 'object' && source !== null
}

function parseKeyId(keyId: unknown): string | undefined {
  if (keyId === undefined) return undefined
  if (typeof keyId !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(keyId))
    throw new TokenError('KEY_ID_INVALID', '1 to 128 printable ASCII characters without spaces')
  return keyId
}

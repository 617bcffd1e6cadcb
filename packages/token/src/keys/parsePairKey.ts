import { createHash, createPrivateKey, createPublicKey, KeyObject } from 'node:crypto'
import { remember } from '../remember.ts'
import { TokenError } from '../TokenError.ts'

/** The algorithms whose signatures anybody may verify, because the verifying half is public. */
export type PairAlgorithm = 'RS256' | 'ES256'

type Half = 'private' | 'public'

/** RFC 7518 section 3.3: RS256 needs a modulus of 2048 bits or more. */
export const minModulusBits = 2048

const minPublicExponent = 65_537n

const labels = {
  private: ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'],
  public: ['PUBLIC KEY', 'RSA PUBLIC KEY'],
} as const

/** A key of a pair, and the one algorithm it is good for. */
export type PairKey = { readonly algorithm: PairAlgorithm; readonly key: KeyObject }

const parsed = new Map<string, PairKey>()

/**
 * Parses one half of a key pair, once per distinct PEM. `private` takes PKCS #8, PKCS #1 or SEC 1
 * PEM, `public` takes SPKI or PKCS #1 PEM, either takes a `KeyObject` of node:crypto. The kind of
 * key decides the algorithm: RSA is RS256, EC on the curve P-256 is ES256.
 *
 * @param algorithm What it must be, when that is known.
 * @throws TokenError `KEY_MALFORMED`, `KEY_WRONG_TYPE` or `KEY_TOO_WEAK`.
 */
export function parsePairKey(half: Half, source: unknown, algorithm?: PairAlgorithm): PairKey {
  const found = parseEither(half, source)
  if (algorithm === undefined || found.algorithm === algorithm) return found
  throw new TokenError('KEY_WRONG_TYPE', `a ${half} key for ${algorithm}`)
}

function parseEither(half: Half, source: unknown): PairKey {
  if (source instanceof KeyObject) return checkKey(half, source)
  if (typeof source !== 'string')
    throw new TokenError('KEY_MALFORMED', `a ${half} key as PEM text or a KeyObject`)
  const digest = createHash('sha256').update(`${half}\0${source}`).digest('base64url')
  return remember(parsed, digest, () => checkKey(half, parsePem(half, source)))
}

function parsePem(half: Half, pem: string): KeyObject {
  const found = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map((match) => match[1])
  const wanted = labels[half].map((label) => `"BEGIN ${label}"`).join(' or ')
  if (found.length !== 1) throw new TokenError('KEY_MALFORMED', `exactly one PEM block, ${wanted}`)
  if (!labels[half].some((label) => label === found[0]))
    throw new TokenError('KEY_WRONG_TYPE', `a PEM block that says ${wanted}`)
  try {
    return half === 'private' ? createPrivateKey(pem) : createPublicKey(pem)
  } catch {
    // The cause is dropped on purpose: what a parser says may quote what it was given.
    throw new TokenError(
      'KEY_MALFORMED',
      `an unencrypted ${half} key in PEM, with its line breaks (environment variables lose them)`,
    )
  }
}

function checkKey(half: Half, key: KeyObject): PairKey {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details = {} } = key
  const curve = kind === 'ec' ? details.namedCurve : undefined
  if (key.type !== half || (kind !== 'rsa' && curve !== 'prime256v1'))
    throw new TokenError(
      'KEY_WRONG_TYPE',
      `an RSA ${half} key, or an EC one on P-256 (not RSA-PSS, Ed25519 or another curve)`,
    )
  if (kind === 'ec') return { algorithm: 'ES256', key }
  const { modulusLength = 0, publicExponent = 0n } = details
  if (modulusLength < minModulusBits)
    throw new TokenError('KEY_TOO_WEAK', `a modulus of at least ${minModulusBits} bits`)
  if (publicExponent < minPublicExponent)
    throw new TokenError('KEY_TOO_WEAK', `a public exponent of at least ${minPublicExponent}`)
  return { algorithm: 'RS256', key }
}

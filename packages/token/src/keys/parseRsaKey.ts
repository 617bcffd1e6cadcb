import { createHash, createPrivateKey, createPublicKey, KeyObject } from 'node:crypto'
import { remember } from '../remember.ts'
import { TokenError } from '../TokenError.ts'

/** RFC 7518 section 3.3: RS256 needs a modulus of 2048 bits or more. */
export const minModulusBits = 2048

const minPublicExponent = 65_537n

const labels = {
  private: ['PRIVATE KEY', 'RSA PRIVATE KEY'],
  public: ['PUBLIC KEY', 'RSA PUBLIC KEY'],
} as const

const parsed = new Map<string, KeyObject>()

/**
 * Parses an RSA key for RS256, once per distinct PEM. `private` takes PKCS #8 or PKCS #1 PEM,
 * `public` takes SPKI or PKCS #1 PEM, either takes a `KeyObject` of node:crypto.
 *
 * @throws TokenError `KEY_MALFORMED`, `KEY_WRONG_TYPE` or `KEY_TOO_WEAK`.
 */
export function parseRsaKey(kind: 'private' | 'public', source: unknown): KeyObject {
  if (source instanceof KeyObject) return checkRsaKey(kind, source)
  if (typeof source !== 'string')
    throw new TokenError('KEY_MALFORMED', `a ${kind} key as PEM text or a KeyObject`)
  const digest = createHash('sha256').update(`${kind}\0${source}`).digest('base64url')
  return remember(parsed, digest, () => checkRsaKey(kind, parsePem(kind, source)))
}

function parsePem(kind: 'private' | 'public', pem: string): KeyObject {
  const found = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map((match) => match[1])
  const wanted = labels[kind].map((label) => `"BEGIN ${label}"`).join(' or ')
  if (found.length !== 1) throw new TokenError('KEY_MALFORMED', `exactly one PEM block, ${wanted}`)
  if (!labels[kind].some((label) => label === found[0]))
    throw new TokenError('KEY_WRONG_TYPE', `a PEM block that says ${wanted}`)
  try {
    return kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem)
  } catch {
    // The cause is dropped on purpose: what a parser says may quote what it was given.
    throw new TokenError(
      'KEY_MALFORMED',
      `an unencrypted ${kind} key in PEM, with its line breaks (environment variables lose them)`,
    )
  }
}

function checkRsaKey(kind: 'private' | 'public', key: KeyObject): KeyObject {
  if (key.type !== kind || key.asymmetricKeyType !== 'rsa')
    throw new TokenError('KEY_WRONG_TYPE', `an RSA ${kind} key (not RSA-PSS, EC or Ed25519)`)
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < minModulusBits)
    throw new TokenError('KEY_TOO_WEAK', `a modulus of at least ${minModulusBits} bits`)
  if (publicExponent < minPublicExponent)
    throw new TokenError('KEY_TOO_WEAK', `a public exponent of at least ${minPublicExponent}`)
  return key
}

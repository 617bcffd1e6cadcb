import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { Reader } from './Reader.ts'

const MIN_SECRET_LENGTH = 32

/** What tokens are signed with: a secret (HS256) or a key pair. */
export type TokenKey =
  | { readonly secret: string }
  | {
      /** PEM. */
      readonly privateKey: string
      /** What the kind of the pair says. */
      readonly algorithm: 'RS256' | 'ES256'
      readonly keyId: string
      /** Public halves in PEM that are still published, because tokens of theirs still live. */
      readonly previous: readonly { readonly publicKey: string; readonly keyId: string }[]
    }

/** What tokens are signed with when there is no key pair. */
export function readSecret<setting extends string>(
  read: Reader<setting>,
  name: NoInfer<setting>,
): string {
  const secret = read.text(name) ?? ''
  if (secret === '') read.fault(name, `must be set (at least ${MIN_SECRET_LENGTH} characters)`)
  else if (Buffer.byteLength(secret) < MIN_SECRET_LENGTH)
    read.fault(name, `must be at least ${MIN_SECRET_LENGTH} characters long`)
  return secret
}

/** A private key in PEM; none when it is not set, or is not one, which is told. */
export function readPair<setting extends string>(
  read: Reader<setting>,
  name: NoInfer<setting>,
): Omit<Extract<TokenKey, { readonly keyId: string }>, 'previous'> | undefined {
  const privateKey = readPem(read, name)
  if (privateKey === undefined) return undefined
  try {
    const key = createPrivateKey(privateKey)
    const algorithm = key.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256'
    return { privateKey, algorithm, keyId: keyIdOf(createPublicKey(key)) }
  } catch {
    // What a parser says may quote what it was given.
    read.fault(name, 'must be an unencrypted private key in PEM (easier to give as a file)')
    return undefined
  }
}

/** Environment variables lose line breaks, and many tools write `\n` for them. */
export function readPem<setting extends string>(
  read: Reader<setting>,
  name: NoInfer<setting>,
): string | undefined {
  return read.text(name)?.replaceAll('\\n', '\n')
}

/** The same key has the same id on every gateway, before and after it is the current one. */
export function keyIdOf(key: ReturnType<typeof createPublicKey>): string {
  const der = key.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('base64url').slice(0, 16)
}

/** What the token package says of keys that are not fit for signing; known here by name only. */
export function judgeKey<setting extends string>(
  read: Reader<setting>,
  name: NoInfer<setting>,
  work: () => void,
): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Error && error.name === 'TokenError')) throw error
    read.fault(name, `is not fit for signing: ${error.message}`)
  }
}

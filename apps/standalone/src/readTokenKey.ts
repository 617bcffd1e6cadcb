import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { Reader as AnyReader } from '@key0/app-kit'
import { AccessTokenIssuer, TokenError } from '@key0/token'
import type { Setting } from './env.ts'
import type { TokenKey } from './GatewayConfig.ts'

type Reader = AnyReader<Setting>

const MIN_SECRET_LENGTH = 32

/** What access tokens are signed with: a secret, or a key pair whose public half is published. */
export function readTokenKey(read: Reader): TokenKey {
  const pair = readPair(read, 'accessTokenPrivateKey')
  if (pair === undefined) return { secret: readSecret(read, 'accessTokenSecret') }
  if (read.has('accessTokenSecret'))
    read.fault('accessTokenPrivateKey', 'is set beside KEY0_ACCESS_TOKEN_SECRET: keep one')
  const key = { ...pair, previous: readPrevious(read) }
  judge(read, 'accessTokenPrivateKey', () => {
    new AccessTokenIssuer(key).jwks(key.previous)
  })
  return key
}

/** What service tokens are signed with: the secret of the backend, or a private key in PEM. */
export function readServiceKey(read: Reader): TokenKey {
  const name = 'issueTokenApiSecret'
  if (!read.text(name)?.includes('-----BEGIN ')) return { secret: readSecret(read, name) }
  const pair = readPair(read, name)
  if (pair === undefined) return { secret: '' }
  judge(read, name, () => {
    new AccessTokenIssuer(pair)
  })
  return { ...pair, previous: [] }
}

function readSecret(read: Reader, name: 'accessTokenSecret' | 'issueTokenApiSecret'): string {
  const secret = read.text(name) ?? ''
  if (secret === '') read.fault(name, `must be set (at least ${MIN_SECRET_LENGTH} characters)`)
  else if (Buffer.byteLength(secret) < MIN_SECRET_LENGTH)
    read.fault(name, `must be at least ${MIN_SECRET_LENGTH} characters long`)
  return secret
}

function readPair(
  read: Reader,
  name: 'accessTokenPrivateKey' | 'issueTokenApiSecret',
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

function readPrevious(read: Reader): readonly { publicKey: string; keyId: string }[] {
  const name = 'accessTokenPreviousKeys'
  const blocks = (readPem(read, name) ?? '').match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g)
  if (read.has(name) && blocks === null) read.fault(name, 'must hold public keys in PEM')
  return (blocks ?? []).flatMap((publicKey) => {
    try {
      if (publicKey.includes('PRIVATE')) throw new Error('not to be published')
      return [{ publicKey, keyId: keyIdOf(createPublicKey(publicKey)) }]
    } catch {
      read.fault(name, 'must hold public keys in PEM')
      return []
    }
  })
}

/** Environment variables lose line breaks, and many tools write `\n` for them. */
function readPem(read: Reader, name: Setting): string | undefined {
  return read.text(name)?.replaceAll('\\n', '\n')
}

/** The same key has the same id on every gateway, before and after it is the current one. */
function keyIdOf(key: ReturnType<typeof createPublicKey>): string {
  const der = key.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('base64url').slice(0, 16)
}

function judge(read: Reader, name: Setting, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!TokenError.is(error)) throw error
    read.fault(name, `is not fit for signing: ${error.message}`)
  }
}

import { createPublicKey } from 'node:crypto'
import {
  type Reader as AnyReader,
  judgeKey,
  keyIdOf,
  readPair,
  readPem,
  readSecret,
  type TokenKey,
} from '@key0/app-kit'
import { AccessTokenIssuer } from '@key0/token'
import type { Setting } from './env.ts'

type Reader = AnyReader<Setting>

/** What access tokens are signed with: a secret, or a key pair whose public half is published. */
export function readTokenKey(read: Reader): TokenKey {
  const pair = readPair(read, 'accessTokenPrivateKey')
  if (pair === undefined) return { secret: readSecret(read, 'accessTokenSecret') }
  if (read.has('accessTokenSecret'))
    read.fault('accessTokenPrivateKey', 'is set beside KEY0_ACCESS_TOKEN_SECRET: keep one')
  const key = { ...pair, previous: readPrevious(read) }
  judgeKey(read, 'accessTokenPrivateKey', () => {
    new AccessTokenIssuer(key).jwks(key.previous)
  })
  return key
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

import type { TokenKey } from '@key0/app-kit'
import { AccessTokenIssuer } from '@key0/token'

/** Signs with a secret or a private key. */
export function toSigner(key: TokenKey): AccessTokenIssuer {
  if ('secret' in key) return new AccessTokenIssuer(key.secret)
  const { privateKey, keyId } = key
  return new AccessTokenIssuer({ privateKey, keyId })
}

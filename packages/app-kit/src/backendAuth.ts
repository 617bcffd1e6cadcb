import {
  type AuthHeaderProvider,
  type ServiceTokenSigner,
  noAuth as sendNoHeaders,
  sharedSecretAuth,
  signedJwtAuth,
} from '@key0/delivery'
import type { Reader } from './Reader.ts'
import type { Network } from './readNetwork.ts'
import { judgeKey, readPair, readSecret, type TokenKey } from './signingKeys.ts'

type AuthSetting = 'backendAuthStrategy' | 'internalAuthSecret' | 'issueTokenApiSecret'

export type BackendAuth =
  | { readonly strategy: 'none' }
  | { readonly strategy: 'jwt'; readonly key: TokenKey }
  | { readonly strategy: 'shared-secret'; readonly header: string; readonly value: string }

/** Makes what signs with a key; throws a `TokenError` where it is not fit for that. */
type ToSigner = (key: TokenKey) => ServiceTokenSigner

const noAuth = { strategy: 'none' } as const

/** Whom service tokens are for: the backend expects this audience. */
const AUDIENCE = 'backend-service'

/**
 * `INTERNAL_AUTH_SECRET` goes out as a header of its own; `ISSUE_TOKEN_API_SECRET` goes out as a
 * bearer, or signs one.
 */
export function readBackendAuth(
  read: Reader<AuthSetting>,
  backend: {
    readonly network: Network
    /** Whether this process speaks to a backend at all. */
    readonly speaks: boolean
    readonly warnings: string[]
    readonly toSigner: ToSigner
  },
): BackendAuth {
  const { network, speaks, warnings, toSigner } = backend
  const strategies = ['none', 'shared-secret', 'jwt'] as const
  const strategy = read.oneOf('backendAuthStrategy', strategies, 'none')
  const own = read.text('internalAuthSecret')
  const bearer = read.text('issueTokenApiSecret')
  if (strategy === 'jwt') return { strategy, key: readServiceKey(read, toSigner) }
  if (strategy === 'shared-secret') {
    if (own) return { strategy, header: 'x-internal-auth', value: own }
    if (bearer) return { strategy, header: 'authorization', value: `Bearer ${bearer}` }
    read.fault('internalAuthSecret', 'must be set when BACKEND_AUTH_STRATEGY is shared-secret')
  }
  if (strategy === 'none' && speaks) {
    const text = 'anybody who reaches the backend can speak to it as the gateway does'
    if (network === 'mainnet' && !read.has('backendAuthStrategy'))
      read.fault('backendAuthStrategy', `must be set on mainnet; with "none", ${text}`)
    else warnings.push(`BACKEND_AUTH_STRATEGY is none: ${text}.`)
  }
  return noAuth
}

/** What service tokens are signed with: the secret of the backend, or a private key in PEM. */
function readServiceKey(read: Reader<AuthSetting>, toSigner: ToSigner): TokenKey {
  const name = 'issueTokenApiSecret'
  if (!read.text(name)?.includes('-----BEGIN ')) return { secret: readSecret(read, name) }
  const pair = readPair(read, name)
  if (pair === undefined) return { secret: '' }
  const key = { ...pair, previous: [] }
  judgeKey(read, name, () => {
    toSigner(key)
  })
  return key
}

/** How the backend knows who is calling. */
export function toAuth(auth: BackendAuth, toSigner: ToSigner): AuthHeaderProvider {
  switch (auth.strategy) {
    case 'none':
      return sendNoHeaders()
    case 'shared-secret':
      return sharedSecretAuth(auth.header, auth.value)
    case 'jwt':
      return signedJwtAuth(toSigner(auth.key), AUDIENCE)
  }
}

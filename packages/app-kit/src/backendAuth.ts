import {
  type AuthHeaderProvider,
  type ServiceTokenSigner,
  noAuth as sendNoHeaders,
  signedJwtAuth,
} from '@key0/delivery'
import type { Reader } from './Reader.ts'
import { readHeaderSecret } from './readHeaderSecret.ts'
import type { Network } from './readNetwork.ts'
import { judgeKey, readPair, readSecret, type TokenKey } from './signingKeys.ts'

type AuthSetting = 'backendAuthStrategy' | 'internalAuthSecret' | 'issueTokenApiSecret'

export type BackendAuth =
  | { readonly strategy: 'none' }
  | { readonly strategy: 'jwt'; readonly key: TokenKey }
  | {
      readonly strategy: 'shared-secret'
      readonly headers: Readonly<Record<string, string>>
    }

/** Makes what signs with a key; throws a `TokenError` where it is not fit for that. */
type ToSigner = (key: TokenKey) => ServiceTokenSigner

const noAuth = { strategy: 'none' } as const

/** Whom service tokens are for: the backend expects this audience. */
const AUDIENCE = 'backend-service'

/**
 * `INTERNAL_AUTH_SECRET` goes out as a header of its own; `ISSUE_TOKEN_API_SECRET` goes out as a
 * bearer, or signs one. Both may be there: each goes out in its own way.
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
  warnings.push(...tellUnsent(read, strategy))
  if (strategy === 'jwt') return { strategy, key: readServiceKey(read, toSigner) }
  if (strategy === 'shared-secret') return { strategy, headers: readSharedSecrets(read) }
  if (speaks) {
    const text = 'anybody who reaches the backend can speak to it as the gateway does'
    if (network === 'mainnet' && !read.has('backendAuthStrategy'))
      read.fault('backendAuthStrategy', `must be set on mainnet; with "none", ${text}`)
    else warnings.push(`BACKEND_AUTH_STRATEGY is none: ${text}.`)
  }
  return noAuth
}

function readSharedSecrets(read: Reader<AuthSetting>): Readonly<Record<string, string>> {
  const own = readHeaderSecret(read, 'internalAuthSecret')
  const bearer = readHeaderSecret(read, 'issueTokenApiSecret')
  if (own === undefined && bearer === undefined)
    read.fault('internalAuthSecret', 'must be set when BACKEND_AUTH_STRATEGY is shared-secret')
  return {
    ...(own !== undefined && { 'x-internal-auth': own }),
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
  }
}

/** Whoever gave a secret believes that it protects something. */
function tellUnsent(
  read: Reader<AuthSetting>,
  strategy: BackendAuth['strategy'],
): readonly string[] {
  const isUnsent = {
    INTERNAL_AUTH_SECRET: strategy !== 'shared-secret' && read.has('internalAuthSecret'),
    ISSUE_TOKEN_API_SECRET: strategy === 'none' && read.has('issueTokenApiSecret'),
  }
  return Object.entries(isUnsent)
    .filter(([, is]) => is)
    .map(([name]) => `${name} is not used: BACKEND_AUTH_STRATEGY is ${strategy}.`)
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
      return () => ({ ...auth.headers })
    case 'jwt':
      return signedJwtAuth(toSigner(auth.key), AUDIENCE)
  }
}

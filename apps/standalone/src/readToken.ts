import type { Reader as AnyReader } from '@key0/app-kit'
import type { Setting } from './env.ts'
import type { BackendAuth, GatewayConfig, TokenConfig } from './GatewayConfig.ts'
import { readServiceKey, readTokenKey } from './readTokenKey.ts'

type Reader = AnyReader<Setting>

const noAuth = { strategy: 'none' } as const

/** Who mints the credential: this process (native), or the seller's backend (remote). */
export function readToken(
  read: Reader,
  network: GatewayConfig['network'],
  warnings: string[],
): TokenConfig {
  const implied = read.has('issueTokenApi') ? 'remote' : 'native'
  const mode = read.oneOf('tokenMode', ['native', 'remote'], implied)
  const backend = read.baseUrl('backendApiUrl')
  const backendUrl = backend !== undefined ? { backendUrl: backend } : {}
  const own = read.url('issueTokenApi')
  const revokeUrl = read.url('revokeTokenApi')
  const timeoutMs = read.int('tokenIssueTimeoutMs', 15_000, { min: 100, max: 120_000 })
  const retries = read.int('tokenIssueRetries', 2, { min: 0, max: 10 })
  const speaks = mode === 'remote' || backend !== undefined
  const auth = readAuth(read, { network, speaks, warnings })
  if (mode === 'native' && read.has('revokeTokenApi'))
    read.fault('revokeTokenApi', 'is for TOKEN_MODE remote: a token of this process ends by itself')
  if (mode === 'native') return { mode, key: readTokenKey(read), auth, ...backendUrl }

  const url = own ?? (backend && `${backend}/internal/issue-token`)
  if (!url && !read.has('issueTokenApi') && !read.has('backendApiUrl'))
    read.fault('issueTokenApi', 'must be set when TOKEN_MODE is remote (or BACKEND_API_URL)')
  for (const [name, address] of [
    ['ISSUE_TOKEN_API', url] as const,
    ['REVOKE_TOKEN_API', revokeUrl] as const,
  ])
    if (network === 'mainnet' && address?.startsWith('http:'))
      warnings.push(`${name} is not https: only do this inside a private network.`)
  const revocation = revokeUrl !== undefined ? { revokeUrl } : {}
  return { mode, url: url ?? '', auth, timeoutMs, retries, ...revocation, ...backendUrl }
}

/**
 * `INTERNAL_AUTH_SECRET` goes out as a header of its own; `ISSUE_TOKEN_API_SECRET` goes out as a
 * bearer, or signs one.
 */
function readAuth(
  read: Reader,
  backend: {
    readonly network: GatewayConfig['network']
    /** Whether this process speaks to a backend at all. */
    readonly speaks: boolean
    readonly warnings: string[]
  },
): BackendAuth {
  const { network, speaks, warnings } = backend
  const strategies = ['none', 'shared-secret', 'jwt'] as const
  const strategy = read.oneOf('backendAuthStrategy', strategies, 'none')
  const own = read.text('internalAuthSecret')
  const bearer = read.text('issueTokenApiSecret')
  if (strategy === 'jwt') return { strategy, key: readServiceKey(read) }
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

import { type Reader as AnyReader, readBackendAuth } from '@key0/app-kit'
import type { Setting } from './env.ts'
import type { GatewayConfig, TokenConfig } from './GatewayConfig.ts'
import { readTokenKey } from './readTokenKey.ts'
import { toSigner } from './toSigner.ts'

type Reader = AnyReader<Setting>

/**
 * Who mints the credential: this process (native), or the seller's backend (remote). Nobody, and no
 * key for it, where single requests are all that is sold.
 */
export function readToken(
  read: Reader,
  { network, plans, routes }: Pick<GatewayConfig, 'network' | 'plans' | 'routes'>,
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
  const auth = readBackendAuth(read, { network, speaks, warnings, toSigner })
  if (mode === 'native' && read.has('revokeTokenApi'))
    read.fault('revokeTokenApi', 'is for TOKEN_MODE remote: a token of this process ends by itself')
  const hasKey = read.has('accessTokenSecret') || read.has('accessTokenPrivateKey')
  const mintsNothing = plans.length === 0 && routes.length > 0 && !hasKey
  if (mode === 'native' && mintsNothing) return { mode: 'none', auth, ...backendUrl }
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

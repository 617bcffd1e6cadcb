import type { Reader as AnyReader } from '@key0/app-kit'
import { adminPath, isAdminPath } from './admin/adminPath.ts'
import type { Setting } from './env.ts'
import type { GatewayConfig } from './GatewayConfig.ts'

const LEAST_LENGTH = 32
/** What is typed by hand repeats itself; 32 random hex digits do not with so few. */
const LEAST_CHARACTERS = 10

/** Other programs or people hold these: whoever has one of them is no operator. */
const shared = [
  ...(['accessTokenSecret', 'accessTokenPrivateKey', 'receiptPrivateKey'] as const),
  ...(['internalAuthSecret', 'issueTokenApiSecret', 'proxySecret'] as const),
  ...(['webhookSecret', 'webhookUrls', 'encryptionKey', 'cdpApiKeySecret'] as const),
  ...(['walletPrivateKey', 'gasWalletPrivateKey'] as const),
  ...(['redisUrl', 'databaseUrl', 'rpcUrl', 'agreementRpcUrl'] as const),
] satisfies readonly Setting[]

/** What opens the operator's paths; absent: there are none. Its value is never repeated. */
export function readAdminToken(
  read: AnyReader<Setting>,
  routes: GatewayConfig['routes'],
): string | undefined {
  const token = read.text('adminToken')
  if (token === undefined) return undefined
  const fault = (text: string): void => read.fault('adminToken', text)
  if (!/^[\x21-\x7e]+$/.test(token)) fault('must be visible ASCII without blanks')
  else if (token.length < LEAST_LENGTH) fault(`must be at least ${LEAST_LENGTH} characters long`)
  else if (new Set(token).size < LEAST_CHARACTERS)
    fault('is easy to guess: make a random one, such as with openssl rand -hex 32')
  // Also as one of several, as the password in an address, or without a prefix.
  if (shared.some((setting) => read.text(setting)?.includes(token)))
    fault('must be a secret of its own: other programs know this one')
  for (const { path } of routes)
    if (isAdminPath(path))
      fault(`is set, so ${adminPath} is the operator’s: the route ${path} must be elsewhere`)
  return token
}

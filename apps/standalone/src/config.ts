import {
  type Reader as AnyReader,
  assertFaultless,
  createReader,
  logLevels,
  readNetwork,
  readRefunds as readSharedRefunds,
  readStorage,
} from '@key0/app-kit'
import { parseEncryptionKey } from '@key0/store-encrypted'
import { adminPath } from './admin/adminPath.ts'
import type { RawConfig, Setting } from './env.ts'
import type { GatewayConfig, ManagedServer } from './GatewayConfig.ts'
import { readAdminToken } from './readAdminToken.ts'
import { readCallers } from './readCallers.ts'
import { readGoods } from './readGoods.ts'
import { readMetricsPort } from './readMetricsPort.ts'
import { readNotifications } from './readNotifications.ts'
import { readSettlement } from './readSettlement.ts'
import { readToken } from './readToken.ts'

type Reader = AnyReader<Setting>

/** What the engine adds to the worst case of whoever delivers. */
const LEASE_MARGIN_MS = 5_000

/**
 * Step 2, meaning.
 *
 * @throws CONFIG_INVALID naming every mistake at once, never repeating a secret.
 */
export function toConfig(raw: RawConfig): GatewayConfig {
  const read = createReader(raw)
  const warnings: string[] = []
  const { network, rpcUrls, finality, agreement } = readNetwork(read)
  const port = read.int('port', 3000, { min: 0, max: 65_535 })
  const goods = readGoods(read)
  const challengeTTLSeconds = read.int('challengeTTLSeconds', 900, { min: 30, max: 86_400 })
  const adminToken = readAdminToken(read, goods.routes)
  const token = readToken(read, { network, ...goods }, warnings)
  const backendHealthUrl = read.url('backendHealthUrl')
  const metricsPort = readMetricsPort(read, port)
  const notifications = readNotifications(read, network)
  const config: GatewayConfig = {
    network,
    walletAddress: readWalletAddress(read),
    host: read.text('host', '0.0.0.0'),
    port,
    publicUrl: readPublicUrl(read, network, port, warnings),
    rpcUrls,
    ...(agreement && { agreement }),
    finality,
    ...goods,
    challengeTTLSeconds,
    paymentIdentifier: read.oneOf('paymentIdentifier', ['optional', 'required'], 'optional'),
    ...readCallers(read),
    agent: {
      name: read.text('agentName', 'Key0 Server'),
      description: read.text('agentDescription', 'Payment-gated A2A endpoint'),
    },
    provider: {
      name: read.text('providerName', 'Key0'),
      url: read.url('providerUrl') ?? 'https://key0.ai',
    },
    a2a: readA2a(read),
    ...readMcp(read),
    documents: readDocuments(read),
    token,
    ...(backendHealthUrl !== undefined && { backendHealthUrl }),
    notifyRequests: read.flag('notifyRequests') ?? true,
    ...(notifications && { notifications }),
    storage: readDurableStorage(read, network, challengeTTLSeconds),
    encryptionKeys: readEncryptionKeys(read),
    ...readReceipts(read),
    managedInfra: readManagedInfra(read),
    settlement: readSettlement(read, network, warnings),
    refunds: readRefunds(read, { network, token, proxy: goods.proxy }, warnings),
    retiredWallets: read.addresses('retiredWallets'),
    strayTransfers: read.oneOf('strayTransfers', ['hold', 'refund'], 'hold'),
    ...(adminToken !== undefined && { adminToken }),
    ...(metricsPort !== undefined && { metricsPort }),
    logLevel: read.oneOf('logLevel', logLevels, 'info'),
    warnings,
  }
  assertFaultless(read)
  return config
}

function readWalletAddress(read: Reader): `0x${string}` {
  const value = read.text('walletAddress')
  const isAddress = value !== undefined && /^0x[0-9a-fA-F]{40}$/.test(value)
  if (isAddress && !/^0x0+$/.test(value)) return value as `0x${string}`
  read.fault('walletAddress', 'must be set to the address that receives the payments (0x…)')
  return '0x'
}

function readPublicUrl(
  read: Reader,
  network: GatewayConfig['network'],
  port: number,
  warnings: string[],
): string {
  const url = read.baseUrl('publicUrl') ?? `http://localhost:${port}`
  if (network === 'mainnet' && !url.startsWith('https:'))
    warnings.push(`KEY0_PUBLIC_URL is ${url}: buyers are told this address, it should be https.`)
  return url
}

function readMcp(read: Reader): Pick<GatewayConfig, 'mcp'> {
  const allowedOrigins = read.urls('mcpAllowedOrigins')
  if (!allowedOrigins.every((text) => new URL(text).origin === text))
    read.fault('mcpAllowedOrigins', 'must be origins, such as https://agent.example')
  const routes = read.flag('mcpRouteTools') ?? false
  return read.flag('mcp') === true ? { mcp: { allowedOrigins, routes } } : {}
}

function readDocuments(read: Reader): GatewayConfig['documents'] {
  const isOn = (setting: Setting): boolean => read.flag(setting) ?? true
  return {
    discover: isOn('discover'),
    llms: isOn('llms'),
    skills: isOn('skills'),
    wellKnown: isOn('wellKnown'),
    openapi: isOn('openapi'),
    tokenInfo: isOn('tokenInfo'),
  }
}

/** `false`: no agent card, and no endpoint either. */
function readA2a(read: Reader): GatewayConfig['a2a'] {
  const path = read.text('basePath', '/a2a').replace(/\/+$/, '')
  const taken = ['/health', '/discover', '/x402', '/.well-known', adminPath]
  const isTaken = taken.some((each) => path === each || path.startsWith(`${each}/`))
  if (isTaken || !/^(?:\/[A-Za-z0-9._~-]+)+$/.test(path))
    read.fault('basePath', `must be a path like /a2a, and none of ${taken.join(', ')}`)
  return read.flag('a2aEnabled') === false ? false : { path }
}

function readDurableStorage(
  read: Reader,
  network: GatewayConfig['network'],
  challengeTTLSeconds: number,
): GatewayConfig['storage'] {
  const storage = readStorage(read)
  if (storage.pendingTTLSeconds !== undefined && storage.pendingTTLSeconds < challengeTTLSeconds)
    read.fault(
      'pendingTTLSeconds',
      `must be at least CHALLENGE_TTL_SECONDS, ${challengeTTLSeconds}`,
    )
  if (storage.kind === 'memory' && network === 'mainnet')
    read.fault('storageBackend', '"memory" forgets everything on restart: not on mainnet')
  return storage
}

/** The value is never repeated. */
function readEncryptionKeys(read: Reader): readonly Uint8Array[] {
  const texts = (read.text('encryptionKey') ?? '').split(',').filter((text) => text.trim() !== '')
  try {
    return texts.map(parseEncryptionKey)
  } catch {
    const expected = '32 random bytes, as 64 hex digits or in base64'
    read.fault('encryptionKey', `must be ${expected}; several are separated by commas`)
    return []
  }
}

function readReceipts(read: Reader): Pick<GatewayConfig, 'receiptPrivateKey'> {
  const [receiptPrivateKey, ...more] = read.privateKeys('receiptPrivateKey')
  if (more.length > 0)
    read.fault('receiptPrivateKey', 'must be one key: one address signs them all')
  return receiptPrivateKey ? { receiptPrivateKey } : {}
}

/** A server that is said to be there and is not used would be a store silently left out. */
function readManagedInfra(read: Reader): GatewayConfig['managedInfra'] {
  const urlOf = { redis: 'redisUrl', postgres: 'databaseUrl' } as const
  const isServer = (name: string): name is ManagedServer => Object.hasOwn(urlOf, name)
  const named = read
    .text('managedInfra', '')
    .split(',')
    .map((name) => name.trim())
  const given = [...new Set(named.filter((name) => name !== ''))]
  if (!given.every(isServer)) read.fault('managedInfra', 'names other servers than redis, postgres')
  const servers = given.filter(isServer)
  for (const server of servers)
    if (!read.has(urlOf[server])) read.fault(urlOf[server], `must be set: ${server} is managed`)
  return servers
}

/** What every attempt and every wait before a retry take together: 250 ms, 500 ms and so on. */
function issuingMs({ timeoutMs, retries }: { timeoutMs: number; retries: number }): number {
  return timeoutMs * (retries + 1) + 250 * (2 ** retries - 1)
}

function readRefunds(
  read: Reader,
  { network, token, proxy }: Pick<GatewayConfig, 'network' | 'token' | 'proxy'>,
  warnings: string[],
): GatewayConfig['refunds'] {
  const inside = read.oneOf('refunds', ['inside', 'off'], 'inside') === 'inside'
  const refunds = readSharedRefunds(read)
  const { minAgeMs, walletPrivateKeys } = refunds
  const issuing = token.mode === 'remote' ? issuingMs(token) : 0
  const worstCaseMs = LEASE_MARGIN_MS + Math.max(issuing, proxy?.timeoutMs ?? 0)
  if (minAgeMs < worstCaseMs) {
    const text = `is shorter than the worst case of a delivery (${worstCaseMs} ms)`
    if (network === 'mainnet') read.fault('refundMinAgeMs', text)
    else warnings.push(`REFUND_MIN_AGE_MS ${text}: a slow delivery may be refunded instead.`)
  }
  if (walletPrivateKeys.length === 0 && inside)
    warnings.push('Refunds are DISABLED: set KEY0_WALLET_PRIVATE_KEY to send money back.')
  return { ...refunds, inside }
}

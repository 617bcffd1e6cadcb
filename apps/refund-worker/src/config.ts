import {
  assertFaultless,
  createReader,
  logLevels,
  type Reader,
  readBackendAuth,
  readNetwork,
  readRefunds,
  readStorage,
  redisProtocols,
} from '@key0/app-kit'
import type { RawConfig, Setting } from './env.ts'
import { toSigner } from './toSigner.ts'
import type { WorkerConfig } from './WorkerConfig.ts'

/** What issuing takes at worst with the gateway's defaults, its margin included. */
const USUAL_ISSUING_MS = 50_750

/**
 * Step 2, meaning.
 *
 * @throws CONFIG_INVALID naming every mistake at once, never repeating a secret.
 */
export function toConfig(raw: RawConfig): WorkerConfig {
  const read = createReader(raw)
  const network = readNetwork(read)
  const refunds = readRefunds(read)
  const walletAddress = read.address('walletAddress')
  const warnings = listWarnings(read, refunds)
  const revocation = readRevocation(read, network.network, warnings)
  const gasWalletPrivateKeys = read.privateKeys('gasWalletPrivateKey')
  const config: WorkerConfig = {
    ...network,
    ...(walletAddress && { walletAddress }),
    refunds,
    gasWalletPrivateKeys,
    storage: readSharedStorage(read),
    queueUrls: readQueueUrls(read),
    ...(revocation && { revocation }),
    host: read.text('host', '0.0.0.0'),
    port: read.int('workerPort', 3001, { min: 0, max: 65_535 }),
    logLevel: read.oneOf('logLevel', logLevels, 'info'),
    warnings,
  }
  assertFaultless(read)
  return config
}

/** The store of the gateway: it must be one that another process can open, and be named. */
function readSharedStorage(read: Reader<Setting>): WorkerConfig['storage'] {
  const storage = readStorage(read)
  const isNamed = (['storageBackend', 'databaseUrl', 'redisUrl', 'dataDir'] as const).some((it) =>
    read.has(it),
  )
  if (!isNamed)
    read.fault(
      'storageBackend',
      'must be set, with its URL: where the gateway keeps its challenges',
    )
  if (storage.kind !== 'memory') return storage
  const text = '"memory" is seen by no other process than its own: use redis, postgres or embedded'
  read.fault('storageBackend', text)
  return { kind: 'embedded', dataDir: '' }
}

function readQueueUrls(read: Reader<Setting>): readonly string[] {
  if (read.has('queueRedisUrl')) return read.serverUrls('queueRedisUrl', redisProtocols)
  return read.serverUrls('redisUrl', redisProtocols)
}

/** The backend's authentication is the gateway's, and read only when there is something to tell. */
function readRevocation(
  read: Reader<Setting>,
  network: WorkerConfig['network'],
  warnings: string[],
): WorkerConfig['revocation'] {
  const url = read.url('revokeTokenApi')
  if (url === undefined) return undefined
  if (network === 'mainnet' && url.startsWith('http:'))
    warnings.push('REVOKE_TOKEN_API is not https: only do this inside a private network.')
  return { url, auth: readBackendAuth(read, { network, speaks: true, warnings, toSigner }) }
}

function listWarnings(
  read: Reader<Setting>,
  { walletPrivateKeys, minAgeMs }: WorkerConfig['refunds'],
): string[] {
  const isEnabled = walletPrivateKeys.length > 0
  const warnings = [
    !isEnabled && 'Refunds are DISABLED: set KEY0_WALLET_PRIVATE_KEY to send money back.',
    isEnabled &&
      !read.has('gasWalletPrivateKey') &&
      'GAS_WALLET_PRIVATE_KEY is not set: the receiving wallet needs ETH for its refunds.',
    minAgeMs < USUAL_ISSUING_MS &&
      `REFUND_MIN_AGE_MS is shorter than issuing may take (${USUAL_ISSUING_MS} ms by default): ` +
        'a slow delivery may be refunded instead.',
  ]
  return warnings.filter((text) => typeof text === 'string')
}

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Reader } from './Reader.ts'

export type StorageConfig = (
  | { readonly kind: 'memory' }
  | { readonly kind: 'embedded'; readonly dataDir: string }
  /** On a Redis cluster the URL is several, comma-separated. */
  | { readonly kind: 'redis' | 'postgres'; readonly url: string }
) & {
  /** How long delivered records are kept; absent: as the specification says. */
  readonly deliveredTTLSeconds?: number
}

/** Each has something told for three days, of what the record says by then. */
const lanes = ['webhookSecret', 'revokeTokenApi'] as const

type StorageSetting =
  | ('storageBackend' | 'dataDir' | 'redisUrl' | 'databaseUrl')
  | (typeof lanes)[number]

/** Three days for which it is told again, and one to notice that it is not taken. */
const TOLD_TTL_SECONDS = 4 * 86_400

export const redisProtocols = ['redis:', 'rediss:'] as const
const postgresProtocols = ['postgres:', 'postgresql:'] as const

/**
 * Where challenges live: what is said, or what the URLs that are set imply. A late notification says
 * what was paid and a late revocation what goes back, so with durable ones every process keeps the
 * records for longer: those that share a store have to agree on it.
 */
export function readStorage(read: Reader<StorageSetting>): StorageConfig {
  const place = readPlace(read)
  const isTold = lanes.some((setting) => read.has(setting))
  return isTold ? { ...place, deliveredTTLSeconds: TOLD_TTL_SECONDS } : place
}

function readPlace(read: Reader<StorageSetting>): StorageConfig {
  const backends = ['embedded', 'memory', 'redis', 'postgres'] as const
  const implied = read.has('databaseUrl') ? 'postgres' : read.has('redisUrl') ? 'redis' : 'embedded'
  const kind = read.oneOf('storageBackend', backends, implied)
  const dataDir = read.text('dataDir', join(homedir(), '.key0'))
  if (kind === 'redis') return { kind, url: readUrl(read, 'redisUrl', redisProtocols) }
  if (kind === 'postgres') return { kind, url: readUrl(read, 'databaseUrl', postgresProtocols) }
  return kind === 'memory' ? { kind } : { kind, dataDir }
}

function readUrl(
  read: Reader<StorageSetting>,
  setting: 'redisUrl' | 'databaseUrl',
  protocols: readonly string[],
): string {
  if (read.has(setting)) return read.serverUrls(setting, protocols).join(',')
  read.fault(setting, `must be set to a ${protocols[0]}// URL for this STORAGE_BACKEND`)
  return ''
}

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Reader } from './Reader.ts'

export type StorageConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'embedded'; readonly dataDir: string }
  /** On a Redis cluster the URL is several, comma-separated. */
  | { readonly kind: 'redis' | 'postgres'; readonly url: string }

type StorageSetting = 'storageBackend' | 'dataDir' | 'redisUrl' | 'databaseUrl'

export const redisProtocols = ['redis:', 'rediss:'] as const
const postgresProtocols = ['postgres:', 'postgresql:'] as const

/** Where challenges live: what is said, or what the URLs that are set imply. */
export function readStorage(read: Reader<StorageSetting>): StorageConfig {
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

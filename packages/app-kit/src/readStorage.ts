import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Retention } from '@key0/core'
import type { Reader } from './Reader.ts'

type Place =
  | { readonly kind: 'memory' }
  | { readonly kind: 'embedded'; readonly dataDir: string }
  /** On a Redis cluster the URL is several, comma-separated. */
  | { readonly kind: 'redis' | 'postgres'; readonly url: string }

/** With how long records are kept; what is absent: as the specification says. */
export type StorageConfig = Place & Partial<Retention>

/** Each has something told for three days, of what the record says by then. */
const lanes = ['webhookSecret', 'revokeTokenApi'] as const

type StorageSetting =
  | ('storageBackend' | 'pendingTTLSeconds' | 'dataDir' | 'redisUrl' | 'databaseUrl')
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
  return { ...readPlace(read), ...readRetention(read) }
}

function readRetention(read: Reader<StorageSetting>): Partial<Retention> {
  const isTold = lanes.some((setting) => read.has(setting))
  const range = { min: 3_600, max: 366 * 86_400 }
  const pendingTTLSeconds = read.int('pendingTTLSeconds', 0, range)
  return {
    ...(isTold && { deliveredTTLSeconds: TOLD_TTL_SECONDS }),
    ...(pendingTTLSeconds > 0 && { pendingTTLSeconds }),
  }
}

function readPlace(read: Reader<StorageSetting>): Place {
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

import { type Clock, defaultRetention, Key0Error, type Retention } from '@key0/core'
import type { Sql } from './Sql.ts'

/** What every store on PostgreSQL takes. */
export type PostgresOptions = {
  /**
   * An instance of postgres.js, or anything that is called the same way. It stays its owner's:
   * closing a store leaves it open. Behind a pooler in transaction mode give the driver
   * `prepare: false`; nothing here lives longer than a statement.
   */
  readonly sql: Sql
  /**
   * What the name of every table and function starts with; default `"key0_"`. Lower-case letters,
   * digits and underscores, at most 24 of them. They are looked for on the connection's
   * `search_path`, and made in its first schema.
   */
  readonly tablePrefix?: string
  /**
   * Whether the first call brings the schema up to date (default), or only looks and refuses with
   * CONFIG_INVALID when it is not.
   */
  readonly autoMigrate?: boolean
}

export type PostgresStoreOptions = PostgresOptions & {
  readonly retention?: Partial<Retention>
  /** Default: the database's own, which all gateways and workers share. */
  readonly clock?: Clock
}

/** @throws CONFIG_INVALID */
export function readPrefix(tablePrefix = 'key0_'): string {
  if (/^[a-z_][a-z0-9_]{0,23}$/.test(tablePrefix)) return tablePrefix
  const expected = 'up to 24 lower-case letters, digits and underscores, no digit first'
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'tablePrefix', expected } })
}

/** @throws CONFIG_INVALID */
export function readSql(sql: Sql): Sql {
  if (typeof sql === 'function') return sql
  const expected = 'an instance of postgres.js, such as postgres(url)'
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'sql', expected } })
}

/** A thousand years: as good as for ever, and every calendar can count them. */
const FOREVER_MS = 31_556_952_000_000

/**
 * The retention as the database's functions take it: milliseconds for unpaid, settled, delivered.
 *
 * @throws CONFIG_INVALID
 */
export function readRetention(retention: Partial<Retention> = {}): string {
  const { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds } = {
    ...defaultRetention,
    ...retention,
  }
  const all = { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds }
  for (const [field, seconds] of Object.entries(all)) {
    if (seconds >= 0) continue
    const facts = { field: `retention.${field}`, expected: 'seconds, 0 or more' }
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
  const keep = Object.values(all).map((seconds) => Math.min(FOREVER_MS, Math.round(seconds * 1000)))
  return `{${keep.join(',')}}`
}

import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Key0Error } from '@key0/core'
import { loadSqlite } from './loadSqlite.ts'
import { migrations } from './migrations.ts'

/** "Key0" in ASCII: how a database says that it is ours. */
const APPLICATION_ID = 0x4b657930

/** How long a step waits for another process's step before it gives up. */
const BUSY_TIMEOUT_MS = 5_000

export type Synchronous = 'FULL' | 'NORMAL'

/**
 * Opens the database of a store, makes it when there is none, and brings its schema up to date.
 *
 * @throws CONFIG_INVALID when the file is not ours, is of a newer release, or cannot hold a
 * write-ahead log; STORE_UNAVAILABLE when it is locked or cannot be read
 */
export function openDatabase(path: string, synchronous: Synchronous): DatabaseSync {
  if (path === '' || path === ':memory:' || path.startsWith('file:'))
    throw unfit(path, 'the path of a file; for a store in memory take @key0/core/memory')
  const isNew = !existsSync(path)
  if (isNew) createFile(path)
  const { DatabaseSync } = loadSqlite()
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    identify(db, path)
    startLog(db, path, synchronous)
    migrate(db, path)
    if (isNew) syncDirectory(dirname(resolve(path)))
    return db
  } catch (error) {
    db.close()
    if (Key0Error.is(error)) throw error
    const notOurs = (error as { errcode?: number }).errcode === 26
    if (notOurs) throw unfit(path, 'a database of Key0', error)
    throw new Key0Error('STORE_UNAVAILABLE', { facts: { path }, cause: error })
  }
}

function unfit(path: string, expected: string, cause?: unknown): Key0Error {
  const facts = { field: 'path', path, expected }
  return new Key0Error('CONFIG_INVALID', cause === undefined ? { facts } : { facts, cause })
}

/** It holds signatures, so nobody else may read it; the log beside it takes on the same mode. */
function createFile(path: string): void {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
  } catch (error) {
    throw unfit(path, 'a path this process can write', error)
  }
}

/** A new file is only durable once its directory is. */
function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Nothing is written before this: a database of something else stays as it was. */
function identify(db: DatabaseSync, path: string): void {
  const id = pragma(db, 'application_id')
  const version = pragma(db, 'user_version')
  if (id !== APPLICATION_ID) {
    const { count } = db.prepare('select count(*) as count from sqlite_schema').get() ?? {}
    if (id !== 0 || version !== 0 || count !== 0) throw unfit(path, 'a database of Key0')
  }
  if (version > migrations.length)
    throw unfit(path, `schema ${migrations.length} or older, this is ${version}: upgrade Key0`)
}

function startLog(db: DatabaseSync, path: string, synchronous: Synchronous): void {
  const { journal_mode: mode } = db.prepare('pragma journal_mode = wal').get() ?? {}
  if (mode !== 'wal') throw unfit(path, 'a file system that can hold a write-ahead log')
  db.exec(`pragma synchronous = ${synchronous}; pragma foreign_keys = on`)
}

function migrate(db: DatabaseSync, path: string): void {
  if (pragma(db, 'user_version') === migrations.length) return
  db.exec('begin immediate')
  try {
    // Somebody else may have opened it in the meantime: what is missing is asked under the lock.
    identify(db, path)
    for (const step of migrations.slice(pragma(db, 'user_version'))) db.exec(step)
    db.exec(`pragma application_id = ${APPLICATION_ID}`)
    db.exec(`pragma user_version = ${migrations.length}`)
    db.exec('commit')
  } catch (error) {
    db.exec('rollback')
    throw error
  }
}

/** The number behind a pragma. */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0])
}

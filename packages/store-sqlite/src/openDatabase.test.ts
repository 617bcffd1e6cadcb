import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Key0Error } from '@key0/core'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../test/temporaryDirectory.ts'
import { createSqliteStore } from './createSqliteStore.ts'
import { loadSqlite } from './loadSqlite.ts'
import { migrations } from './migrations.ts'
import { openDatabase } from './openDatabase.ts'

/** The error of a call, with its facts. */
function refusal(call: () => unknown): Key0Error | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    if (Key0Error.is(error)) return error
    throw error
  }
}

test('the migrations, run in order, build exactly schema.sql', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'key0.sqlite')
  openDatabase(path, 'FULL').close()
  const db = openDatabase(path, 'FULL')
  const rows = db
    .prepare('select sql from sqlite_schema where sql is not null order by rowid')
    .all()
  const own = rows.map(({ sql }) => String(sql)).filter((sql) => !sql.includes('sqlite_sequence'))
  db.close()
  await expect(`${own.join(';\n\n')};\n`).toMatchFileSnapshot('../schema.sql')
})

test('nobody else can read the files', async () => {
  using directory = temporaryDirectory()
  const dataDir = join(directory.path, 'data')
  const store = createSqliteStore({ dataDir })
  await store.ack('somebody', 1)
  expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  for (const file of ['key0.sqlite', 'key0.sqlite-wal', 'key0.sqlite-shm'])
    expect(statSync(join(dataDir, file)).mode & 0o777, file).toBe(0o600)
  await store.close()
})

test('every write waits for the disk', () => {
  using directory = temporaryDirectory()
  const db = openDatabase(join(directory.path, 'key0.sqlite'), 'FULL')
  expect(db.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(db.prepare('pragma synchronous').get()).toEqual({ synchronous: 2 })
  db.close()
})

test('a database of something else is refused, and stays as it was', () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'other.sqlite')
  const other = new DatabaseSync(path)
  other.exec('create table guests (name text)')
  other.close()
  const before = readFileSync(path)
  const error = refusal(() => createSqliteStore({ path }))
  expect(error?.code).toBe('CONFIG_INVALID')
  expect(error?.facts).toEqual({ field: 'path', path, expected: 'a database of Key0' })
  expect(readFileSync(path)).toEqual(before)
})

test('a file that is no database is refused, and stays as it was', () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'notes.txt')
  writeFileSync(path, 'Dear diary, '.repeat(1000))
  expect(refusal(() => createSqliteStore({ path }))?.code).toBe('CONFIG_INVALID')
  expect(readFileSync(path, 'utf8')).toBe('Dear diary, '.repeat(1000))
})

test('a database of a newer release is refused, and stays as it was', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'key0.sqlite')
  await createSqliteStore({ path }).close()
  const newer = new DatabaseSync(path)
  newer.exec(`pragma user_version = ${migrations.length + 1}`)
  newer.close()
  const error = refusal(() => createSqliteStore({ path }))
  expect(error?.code).toBe('CONFIG_INVALID')
  expect(error?.facts.expected).toContain('upgrade Key0')
})

test.each(['', ':memory:', 'file:x?mode=memory'])('the path %j is refused', (path) => {
  expect(refusal(() => createSqliteStore({ path }))?.facts.field).toBe('path')
})

test('a path that cannot be written names the field', () => {
  using directory = temporaryDirectory()
  const file = join(directory.path, 'file')
  writeFileSync(file, '')
  const error = refusal(() => createSqliteStore({ path: join(file, 'key0.sqlite') }))
  expect(error?.code).toBe('CONFIG_INVALID')
  expect(error?.facts.field).toBe('path')
})

test('loading SQLite drops its own warning only, and leaves no trace behind', () => {
  const emit = process.emitWarning
  const seen: unknown[] = []
  const spy = (...warning: unknown[]) => void seen.push(warning[0])
  const load = process.getBuiltinModule
  process.emitWarning = spy as typeof emit
  process.getBuiltinModule = ((name: string) => {
    process.emitWarning('SQLite is an experimental feature and might change', 'ExperimentalWarning')
    process.emitWarning('something else')
    return load(name)
  }) as typeof load
  try {
    expect(loadSqlite().DatabaseSync).toBe(DatabaseSync)
    expect(seen).toEqual(['something else'])
    expect(process.emitWarning).toBe(spy)
  } finally {
    process.emitWarning = emit
    process.getBuiltinModule = load
  }
})

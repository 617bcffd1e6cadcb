import { chmodSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../test/temporaryDirectory.ts'
import { createSqliteStore } from './createSqliteStore.ts'
import { problemsOfFileSystem } from './healthCheck.ts'

test('a database on a disk is durable and has no problems', async () => {
  using directory = temporaryDirectory()
  const store = createSqliteStore({ dataDir: directory.path })
  const expected = problemsOfFileSystem(statfsSync(directory.path).type)
  const health = await store.healthCheck()
  expect(health).toEqual({ ok: true, durable: expected.length === 0, problems: expected })
  await store.close()
})

test('with lax writes it says that they may be lost', async () => {
  using directory = temporaryDirectory()
  const store = createSqliteStore({ dataDir: directory.path, synchronous: 'NORMAL' })
  const { ok, durable, problems } = await store.healthCheck()
  expect({ ok, durable }).toEqual({ ok: true, durable: false })
  expect(problems).toContain('The last writes may be lost when the machine fails.')
  await store.close()
})

test('a database that everybody can read is a problem', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'key0.sqlite')
  const store = createSqliteStore({ path })
  chmodSync(path, 0o644)
  const { problems } = await store.healthCheck()
  expect(problems).toContain('The database can be read by everybody.')
  await store.close()
})

test('a closed store is not ok', async () => {
  using directory = temporaryDirectory()
  const store = createSqliteStore({ dataDir: directory.path })
  await store.close()
  const { ok, durable, problems } = await store.healthCheck()
  expect({ ok, durable }).toEqual({ ok: false, durable: false })
  expect(problems[0]).toContain('cannot be read')
})

test('network and memory file systems are told apart from disks', () => {
  const [nfs, tmpfs, ext4] = [0x6969, 0x01021994, 0xef53]
  expect(problemsOfFileSystem(nfs)[0]).toContain('network')
  expect(problemsOfFileSystem(tmpfs)[0]).toContain('memory')
  expect(problemsOfFileSystem(ext4)).toEqual([])
})

import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createMint, createSteeredClock } from '@key0/conformance/store'
import type { PaymentRef } from '@key0/core'
import { expect, test } from 'vitest'
import { createSqliteStore } from '../src/createSqliteStore.ts'
import { killWriter, runWriter } from './startWriter.ts'
import { temporaryDirectory } from './temporaryDirectory.ts'

/** What SQLite itself says about every page and index of a file. */
function integrityOf(path: string): unknown {
  const db = new DatabaseSync(path)
  try {
    return db.prepare('pragma integrity_check').get()
  } finally {
    db.close()
  }
}

test('what was acknowledged is there after the process was killed, twenty times', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'key0.sqlite')
  const said: string[] = []
  for (let kill = 0; kill < 20; kill += 1) {
    said.push(...(await killWriter(path, `round${kill}`, 3 + ((kill * 37) % 53))))
    expect(integrityOf(path)).toEqual({ integrity_check: 'ok' })
    const store = createSqliteStore({ path })
    for (const line of said) {
      const [kind, id = '', paymentRef] = line.split(' ')
      const record = await store.get(id)
      expect(record?.challengeId, line).toBe(id)
      if (kind !== 'paid') continue
      expect(record?.state, line).toBe('PAID')
      const claim = await store.getClaim(paymentRef as PaymentRef)
      expect(claim, line).toMatchObject({ challengeId: id, disposition: 'APPLIED' })
    }
    const trail = await store.events(0, 100_000)
    const paid = trail.filter(({ to }) => to === 'PAID').map(({ challengeId }) => challengeId)
    for (const id of paid) expect((await store.get(id))?.state).toBe('PAID')
    await store.close()
  }
  expect(said.length).toBeGreaterThan(300)
}, 120_000)

test('a log whose end was torn or overwritten opens with every step whole or not at all', async () => {
  using directory = temporaryDirectory()
  const clock = createSteeredClock()
  const mint = createMint(clock)
  const path = join(directory.path, 'key0.sqlite')
  const store = createSqliteStore({ path, clock })
  const ids: string[] = []
  for (let i = 0; i < 40; i += 1) {
    const { base } = mint()
    ids.push(base.challengeId)
    await store.create(base, { key: 'create' })
  }
  const { length } = readFileSync(`${path}-wal`)
  const seen = new Set<number>()
  for (let torn = 0; torn < 24; torn += 1) {
    const copy = join(directory.path, `torn-${torn}.sqlite`)
    copyFileSync(path, copy)
    copyFileSync(`${path}-wal`, `${copy}-wal`)
    const at = length - 1 - Math.floor((length / 24) * torn)
    if (torn % 2) truncateSync(`${copy}-wal`, at)
    else writeFileSync(`${copy}-wal`, readFileSync(`${copy}-wal`).fill(0xa5, at), { flag: 'r+' })
    expect(integrityOf(copy)).toEqual({ integrity_check: 'ok' })
    const reopened = createSqliteStore({ path: copy, clock })
    const found = await Promise.all(ids.map((id) => reopened.get(id)))
    const kept = found.filter(Boolean).length
    expect(found.slice(0, kept).every(Boolean), 'no hole in what was kept').toBe(true)
    expect(await reopened.events(0, 100)).toHaveLength(kept)
    const again = await reopened.create(mint().base, { key: 'after' })
    expect(again.kind).toBe('applied')
    await reopened.close()
    seen.add(kept)
  }
  expect(seen.size, 'different numbers of steps survived').toBeGreaterThan(10)
  await store.close()
})

test('processes that open one new database at once all find it ready', async () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'deep', 'er', 'key0.sqlite')
  const said = await Promise.all([0, 1, 2, 3].map(() => runWriter(path, 'shared', 60)))
  const applied = said.flat().filter((line) => line.startsWith('applied'))
  expect(said.flat()).toHaveLength(240)
  expect(applied, 'each request was created by exactly one process').toHaveLength(60)
  expect(integrityOf(path)).toEqual({ integrity_check: 'ok' })
})

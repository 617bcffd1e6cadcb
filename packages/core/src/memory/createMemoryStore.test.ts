import { expect, test } from 'vitest'
import { recordWith } from '../../test/recordFixture.ts'
import { createMemoryStore } from './createMemoryStore.ts'

const DAY_MS = 86_400_000

function baseOf(id: string, nowMs: number) {
  const { state: _, version: __, schemaVersion: ___, updatedAt: ____, ...base } = recordWith()
  const createdAt = new Date(nowMs)
  return { ...base, challengeId: id, requestId: id, createdAt, expiresAt: createdAt }
}

test('it says that it forgets everything', async () => {
  const { ok, durable, problems } = await createMemoryStore().healthCheck()
  expect({ ok, durable, count: problems.length }).toEqual({ ok: true, durable: false, count: 1 })
})

test('creating at any pace forgets faster than it adds', async () => {
  let nowMs = 0
  const store = createMemoryStore({ clock: { nowMs: () => nowMs } })
  const create = (id: string) => store.create(baseOf(id, nowMs), { key: 'create' })
  for (let i = 0; i < 400; i += 1) await create(`old-${i}`)
  nowMs += 8 * DAY_MS
  for (let i = 0; i < 100; i += 1) await create(`new-${i}`)
  expect(await store.events(0, 1_000)).toHaveLength(100)
})

test('forgotten records never hide a living one from a worker, however few it asks for', async () => {
  let nowMs = 0
  const store = createMemoryStore({ clock: { nowMs: () => nowMs } })
  for (let i = 0; i < 50; i += 1) await store.create(baseOf(`old-${i}`, nowMs), { key: 'create' })
  nowMs += 6 * DAY_MS
  await store.create(baseOf('living', nowMs), { key: 'create' })
  nowMs += 2 * DAY_MS
  const due = await store.due(new Date(nowMs), 1)
  expect(due.map(({ challengeId }) => challengeId)).toEqual(['living'])
})

test('shorter retention is kept, and touches no money', async () => {
  let nowMs = 0
  const retention = { pendingTTLSeconds: 60 }
  const store = createMemoryStore({ clock: { nowMs: () => nowMs }, retention })
  await store.create(baseOf('one', nowMs), { key: 'create' })
  nowMs = 59_999
  expect(await store.get('one')).toBeDefined()
  nowMs = 60_000
  expect(await store.get('one')).toBeUndefined()
})

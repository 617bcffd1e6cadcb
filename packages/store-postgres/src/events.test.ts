import type { AuditEntry } from '@key0/core'
import { expect, test } from 'vitest'
import { createDatabases } from '../test/freshDatabase.ts'
import { open } from '../test/scenes.ts'
import { PostgresAuditStore } from './PostgresAuditStore.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const databases = await createDatabases()

const told = (entries: readonly AuditEntry[]) => entries.map(({ challengeId }) => challengeId)

test('an entry written first and committed last is still told to a reader who went on', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  await store.get('nobody')
  const slow = await sql.reserve()
  await slow`begin`
  const early = await open(new PostgresChallengeStore({ sql: slow }))
  const late = await open(store)
  const first = await store.events(0, 10)
  expect(told(first)).toEqual([late.id])
  await slow`commit`
  slow.release()
  const cursor = first.at(-1)?.sequence ?? 0
  expect(told(await store.events(cursor, 10))).toEqual([early.id])
  expect(told(await store.events(0, 10))).toEqual([late.id, early.id])
})

test('a transaction that stays open for hours holds nothing up', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  await store.get('nobody')
  const slow = await sql.reserve()
  await slow`begin`
  await slow`select pg_current_xact_id()`
  const scene = await open(store)
  expect(told(await store.events(0, 10))).toEqual([scene.id])
  await slow`rollback`
  slow.release()
})

test('readers on many connections see one stream without gap, and each challenge in order', async () => {
  const { sql, another } = await databases.fresh()
  const stores = [sql, another(), another()].map(
    (each) => new PostgresChallengeStore({ sql: each }),
  )
  const store = stores[0] as PostgresChallengeStore
  await store.get('nobody')
  let isWriting = true
  const follow = async (reader: PostgresChallengeStore): Promise<readonly AuditEntry[]> => {
    const seen: AuditEntry[] = []
    for (;;) {
      const wasWriting = isWriting
      const page = await reader.events(seen.at(-1)?.sequence ?? 0, 7)
      seen.push(...page)
      if (page.length === 0 && !wasWriting) return seen
    }
  }
  const followers = stores.map(follow)
  const write = async (writer: PostgresChallengeStore) => {
    for (let i = 0; i < 15; i += 1) {
      const { id } = await open(writer)
      if (i % 4 === 0) await store.history(id)
      await writer.transition({ id, from: 'PENDING', to: 'PENDING', key: 'touch' })
      await writer.transition({ id, from: 'PENDING', to: 'CANCELLED', key: 'cancel' })
    }
  }
  await Promise.all([...stores, ...stores].map(write))
  isWriting = false
  const [one, ...others] = await Promise.all(followers)
  for (const other of others) expect(other).toEqual(one)
  expect(one?.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 270 }, (_, i) => i + 1))
  const versions = Map.groupBy(one ?? [], ({ challengeId }) => challengeId)
  for (const entries of versions.values())
    expect(entries.map(({ version }) => version)).toEqual([1, 2, 3])
})

test('the audit store tells the same trail, and remembers who has read how far', async () => {
  const { sql } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  const audit = new PostgresAuditStore({ sql })
  const { id } = await open(store)
  expect(await audit.history(id)).toEqual(await store.history(id))
  expect(await audit.events(0, 10)).toEqual(await store.history(id))
  await audit.ack('ledger', 1)
  expect([await audit.acked('ledger'), await store.acked('ledger')]).toEqual([1, 1])
})

import { expect, test } from 'vitest'
import { createDatabases } from '../test/freshDatabase.ts'
import { imagine } from '../test/scenes.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const databases = await createDatabases()

test('creating, replacing, forgetting, numbering and reading at once never waits in a circle', async () => {
  const { sql, another } = await databases.fresh({ max: 6 })
  const retention = { pendingTTLSeconds: 0.02, recordTTLSeconds: 0.02 }
  const stores = [sql, another(), another()].map(
    (each) => new PostgresChallengeStore({ sql: each, retention }),
  )
  await stores[0]?.get('nobody')
  const one = (i: number) => stores[i % stores.length] as PostgresChallengeStore
  const churn = async (worker: number) => {
    for (let i = 0; i < 40; i += 1) {
      const { minted } = imagine()
      // Twelve workers share seven requests, whose challenges are over at once.
      const base = { ...minted.base, requestId: `request-${(worker + i) % 7}` }
      const outcome = await one(worker).create({ ...base, expiresAt: base.createdAt }, { key: 'c' })
      const id = outcome.kind === 'applied' ? base.challengeId : undefined
      if (id) await one(i).transition({ id, from: 'PENDING', to: 'EXPIRED', key: 'e' })
      if (i % 3 === 0) await one(i).due(new Date(), 5)
      if (i % 4 === 0) await one(i + 1).history(base.challengeId)
      if (i % 5 === 0) await one(i + 2).events(i * 3, 20)
      if (i % 7 === 0) await one(i).cleanup()
    }
  }
  await Promise.all(Array.from({ length: 12 }, (_, worker) => churn(worker)))
  const [left] = await sql<{ holders: number }[]>`
    select coalesce(max(count), 0)::int as holders from (
      select count(*) from key0_challenges where holds_request group by scope, request_id) one`
  expect(left?.holders).toBeLessThanOrEqual(1)
  const [orphans] = await sql<{ waiting: number }[]>`
    select count(*)::int as waiting from key0_waiting w
    where not exists (select from key0_challenge_audit a where a.id = w.entry)`
  expect(orphans?.waiting).toBe(0)
})

import { startPooler } from '@key0/test-services'
import { afterAll, expect, test } from 'vitest'
import { connect } from '../test/connect.ts'
import { createDatabases } from '../test/freshDatabase.ts'
import { applied, grantOf, open, refundOf, type Scene } from '../test/scenes.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const CALLERS = 50

const databases = await createDatabases()
const { sql: direct, url } = await databases.fresh()
// Not within the test: where a package has to be installed for it, that takes its time.
const pooler = await startPooler(url)
process.stdout.write(`${pooler.source}\n`)
afterAll(() => pooler[Symbol.asyncDispose]())

/** From its price to its end: half are delivered, half go back. */
async function live(store: PostgresChallengeStore, isDelivered: boolean): Promise<Scene> {
  const scene = await open(store)
  const { id, payment } = scene
  await applied(store.reserve(id, payment.intent(), { key: 'reserve' }))
  const paid = payment.paid({ intent: payment.intent({ stage: 'PAID' }) })
  await applied(store.settle(id, payment.paymentRef, paid, { key: 'settle' }))
  const end = isDelivered
    ? ({
        to: 'DELIVERED',
        fields: { accessGrant: grantOf(scene), deliveredAt: new Date() },
      } as const)
    : ({ to: 'REFUND_PENDING', fields: { refund: refundOf(scene) } } as const)
  await applied(store.transition({ id, from: 'PAID', key: 'end', ...end }))
  // The same attempts again, as after lost replies, on whichever connection is free.
  const again = await Promise.all([
    store.settle(id, payment.paymentRef, paid, { key: 'settle' }),
    store.transition({ id, from: 'PAID', key: 'end', ...end }),
  ])
  expect(again.map(({ kind }) => kind)).toEqual(['replayed', 'replayed'])
  return scene
}

test('fifty buyers at once are served through a pooler in transaction mode', async () => {
  const sql = connect(pooler.url, { prepare: false, max: CALLERS })
  const store = new PostgresChallengeStore({ sql })
  const ends = Array.from({ length: CALLERS }, (_, i) => i % 2 === 0)
  const scenes = await Promise.all(ends.map((isDelivered) => live(store, isDelivered)))

  const records = await Promise.all(scenes.map(({ id }) => store.get(id)))
  expect(records.map((record) => record?.state)).toEqual(
    ends.map((isDelivered) => (isDelivered ? 'DELIVERED' : 'REFUND_PENDING')),
  )
  const events = await store.events(0, 1_000)
  for (const { id } of scenes) {
    const own = events.filter(({ challengeId }) => challengeId === id)
    expect(own.map(({ version }) => version)).toEqual([1, 2, 3, 4])
  }
  if (pooler.poolSize !== undefined) {
    // Fifty callers shared a few connections, so none of them kept one to itself.
    const [row] = await direct<{ count: number }[]>`
      select count(*)::int from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    expect(row?.count).toBeLessThanOrEqual(pooler.poolSize)
  }
  await sql.end()
})

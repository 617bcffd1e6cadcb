import type { ChallengeStore, Outcome } from '@key0/core'
import { startPostgres } from '@key0/test-services'
import { expect, test } from 'vitest'
import { connect } from '../test/connect.ts'
import { createDatabases } from '../test/freshDatabase.ts'
import { imagine, open, pay, refundOf, type Scene } from '../test/scenes.ts'
import { startProxy } from '../test/startProxy.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const databases = await createDatabases()

type Step = {
  readonly arrange: (store: ChallengeStore) => Promise<Scene>
  readonly act: (store: ChallengeStore, scene: Scene) => Promise<Outcome>
}

const steps: Readonly<Record<string, Step>> = {
  create: {
    arrange: async () => imagine(),
    act: (store, { minted }) => store.create(minted.base, { key: 'attempt' }),
  },
  reserve: {
    arrange: open,
    act: (store, { id, payment }) => store.reserve(id, payment.intent(), { key: 'attempt' }),
  },
  settle: {
    arrange: open,
    act: (store, { id, payment }) =>
      store.settle(id, payment.paymentRef, payment.paid(), { key: 'attempt' }),
  },
  transition: {
    arrange: pay,
    act: (store, scene) =>
      store.transition({
        ...{ id: scene.id, from: 'PAID', to: 'REFUND_PENDING', key: 'attempt' },
        fields: { refund: refundOf(scene) },
      }),
  },
}

test.each(Object.entries(steps))(
  '%s: the reply was lost after the commit, and the same key again is told so',
  async (_, { arrange, act }) => {
    const { sql, url } = await databases.fresh()
    const store = new PostgresChallengeStore({ sql })
    await using proxy = await startProxy(url)
    const wire = connect(proxy.url, { max: 1 })
    const far = new PostgresChallengeStore({ sql: wire })
    // The first one teaches the connection the statement: then a call is one message and one reply.
    await act(far, await arrange(store))
    const scene = await arrange(store)
    proxy.loseNextReply()
    await expect(act(far, scene)).rejects.toThrow('The store could not be asked')
    const trail = await store.history(scene.id)
    expect(trail.at(-1)?.key).toBe('attempt')
    expect((await act(store, scene)).kind).toBe('replayed')
    expect(await store.history(scene.id)).toEqual(trail)
    await wire.end({ timeout: 0 })
  },
)

test('a backend that is ended anywhere around its commit has done all of it or nothing', async () => {
  const { sql, url } = await databases.fresh()
  const store = new PostgresChallengeStore({ sql })
  const seen = new Set<string>()
  for (let round = 0; round < 60; round += 1) {
    const scene = await open(store)
    const settle = (by: ChallengeStore) => steps.settle?.act(by, scene) as Promise<Outcome>
    const victim = connect(url, { max: 1 })
    const doomed = new PostgresChallengeStore({ sql: victim })
    await doomed.get('nobody')
    const [row] = await victim<{ pid: number }[]>`select pg_backend_pid() as pid`
    const first = settle(doomed).then(
      ({ kind }) => kind,
      () => 'failed',
    )
    // From round to round the axe falls a few statements later.
    for (let i = 0; i < round % 6; i += 1) await sql`select 1`
    await sql`select pg_terminate_backend(${row?.pid ?? 0})`
    const before = await first
    seen.add(`${before}, then ${(await settle(store)).kind}`)
    const trail = await store.history(scene.id)
    expect(trail.map(({ to }) => to)).toEqual(['PENDING', 'PAID'])
    await victim.end({ timeout: 0 }).catch(() => {})
  }
  const possible = ['applied, then replayed', 'failed, then replayed', 'failed, then applied']
  expect([...seen].filter((one) => !possible.includes(one))).toEqual([])
  expect(seen.size).toBeGreaterThan(1)
})

test('a server that is killed has kept everything that it acknowledged', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  const sql = connect(url, { max: 8 })
  const store = new PostgresChallengeStore({ sql })
  await store.get('nobody')
  const acknowledged: Scene[] = []
  let enough = () => {}
  const half = new Promise<void>((resolve) => {
    enough = resolve
  })
  const writers = Array.from({ length: 8 }, async () => {
    for (;;) {
      acknowledged.push(await pay(store))
      if (acknowledged.length === 200) enough()
    }
  })
  const ends = Promise.allSettled(writers)
  await half
  await server.kill()
  await ends
  await sql.end({ timeout: 0 })
  await server.restart()

  const again = connect(url)
  const reopened = new PostgresChallengeStore({ sql: again })
  expect(acknowledged.length).toBeGreaterThanOrEqual(200)
  for (const { id, payment } of acknowledged) {
    expect((await reopened.get(id))?.state).toBe('PAID')
    expect((await reopened.getClaim(payment.paymentRef))?.challengeId).toBe(id)
  }
  const [count] = await again`
    select count(*)::int as wrong from key0_challenges c
    where c.version <> (select count(*) from key0_challenge_audit a where a.challenge_id = c.id)
      or (c.state = 'PAID') <> exists (
        select from key0_claims where challenge_id = c.id and disposition = 'APPLIED')`
  expect(count).toEqual({ wrong: 0 })
  await again.end()
})

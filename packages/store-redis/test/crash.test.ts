import { createMint } from '@key0/conformance/store'
import { Key0Error } from '@key0/core'
import { startRedis } from '@key0/test-services'
import { expect, test } from 'vitest'
import { RedisChallengeStore } from '../src/exports/index.ts'
import { connect } from './openStore.ts'

const clock = { nowMs: () => Date.now() }

test('with appendfsync always, what was acknowledged is there after kill -9, ten times', async () => {
  await using server = await startRedis({ appendonly: true, appendfsync: 'always' })
  const mint = createMint(clock)
  const said = new Map<string, 'created' | 'paid'>()
  for (let round = 0; round < 10; round += 1) {
    using redis = connect(server.url)
    redis.on('error', () => {})
    const store = new RedisChallengeStore({ redis })
    let going = true
    const write = async (): Promise<void> => {
      while (going) {
        const minted = mint()
        const { challengeId: id } = minted.base
        const payment = minted.pay()
        await store.create(minted.base, { key: 'create' })
        said.set(id, 'created')
        await store.settle(id, payment.paymentRef, payment.paid(), { key: 'settle' })
        said.set(id, 'paid')
      }
    }
    const writers = Array.from({ length: 4 }, () => write().catch(() => {}))
    const enough = said.size + 30 + ((round * 37) % 53)
    while (said.size < enough) await redis.ping()
    const killed = server.kill()
    going = false
    redis.disconnect()
    await killed
    await Promise.all(writers)
    await server.restart()
    using again = connect(server.url)
    const reader = new RedisChallengeStore({ redis: again })
    for (const [id, what] of said) {
      const record = await reader.get(id)
      expect(record?.challengeId).toBe(id)
      if (what === 'paid') expect(record?.state).toBe('PAID')
      const trail = await reader.history(id)
      expect(trail.at(-1)?.to, 'trail and record agree').toBe(record?.state)
      if (record?.paymentRef)
        expect(await reader.getClaim(record.paymentRef)).toMatchObject({ challengeId: id })
    }
  }
  expect(said.size).toBeGreaterThan(300)
})

test('with replicas waited for, a promoted replica has what was acknowledged', async () => {
  await using primary = await startRedis()
  await using replica = await startRedis({ replicaOf: primary })
  const mint = createMint(clock)
  const said: string[] = []
  using redis = connect(primary.url)
  redis.on('error', () => {})
  const waitForReplicas = { count: 1, timeoutMs: 1_000 }
  const store = new RedisChallengeStore({ redis, waitForReplicas })
  for (let i = 0; i < 100; i += 1) {
    const { base } = mint()
    await store.create(base, { key: 'create' })
    said.push(base.challengeId)
  }
  redis.disconnect()
  await primary.kill()
  await replica.promote()
  using other = connect(replica.url)
  const survivor = new RedisChallengeStore({ redis: other })
  for (const id of said) expect((await survivor.get(id))?.state, id).toBe('PENDING')
})

test('without a replica that answers, a write that waits for one is not acknowledged', async () => {
  await using primary = await startRedis()
  using redis = connect(primary.url)
  const waitForReplicas = { count: 1, timeoutMs: 20 }
  const store = new RedisChallengeStore({ redis, waitForReplicas })
  const { base } = createMint(clock)()
  const create = () => store.create(base, { key: 'create' })
  const error = await create().catch((reason: unknown) => reason)
  expect(Key0Error.is(error, 'STORE_UNAVAILABLE')).toBe(true)
  await using replica = await startRedis({ replicaOf: primary })
  expect(replica.port).not.toBe(primary.port)
  expect((await create()).kind, 'the same call again').toBe('replayed')
})

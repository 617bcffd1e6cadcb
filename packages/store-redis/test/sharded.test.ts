import { randomUUID } from 'node:crypto'
import { createMint, createSteeredClock } from '@key0/conformance/store'
import { type RedisCluster, startRedisCluster } from '@key0/test-services'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RedisAuditStore, RedisChallengeStore } from '../src/exports/index.ts'
import { createRunner } from '../src/ops/createRunner.ts'
import { newPrefix } from './openStore.ts'

const clock = { nowMs: () => Date.now() }
let cluster: RedisCluster
let redis: Cluster

beforeAll(async () => {
  cluster = await startRedisCluster()
  redis = new Cluster(cluster.ports.map((port) => ({ host: '127.0.0.1', port })))
})

afterAll(async () => {
  redis.disconnect()
  await cluster.stop()
})

const options = () => ({ keyPrefix: newPrefix(), shards: 3 })

/** A client whose second script waits until it is let go. */
function slowClient() {
  const gate = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  let scripts = 0
  const client = new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'evalsha' || typeof value !== 'function') return value
      return async (...args: readonly unknown[]) => {
        scripts += 1
        if (scripts === 2) {
          reached.resolve()
          await gate.promise
        }
        return Reflect.apply(value, target, args) as unknown
      }
    },
  })
  return { client, reached: reached.promise, letGo: gate.resolve }
}

test('a buyer who was slow between its two steps is shown the challenge that was faster', async () => {
  const same = options()
  const slow = slowClient()
  const mint = createMint(clock)
  // The scripts are known, so that the second is the creation itself.
  const store = new RedisChallengeStore({ redis, ...same })
  for (let i = 0; i < 12; i += 1) await store.create(mint().base, { key: 'create' })
  const [late, early] = [mint({ requestId: 'wanted' }), mint({ requestId: 'wanted' })]
  const creating = new RedisChallengeStore({ redis: slow.client, ...same }).create(late.base, {
    key: 'slow',
  })
  await slow.reached
  const first = await store.create(early.base, { key: 'fast' })
  expect(first.kind).toBe('applied')
  slow.letGo()
  const { challengeId } = early.base
  expect(await creating).toMatchObject({ kind: 'replayed', record: { challengeId } })
  expect(await store.get(late.base.challengeId)).toBeUndefined()
})

test('a claim is given back only by the attempt that took it, and never once confirmed', async () => {
  const run = createRunner(redis)
  const key = [`${newPrefix()}:claim:payment`]
  const take = (id: string, token: string) => run('claimTake', key, [id, token])
  const release = (id: string, token: string) => run('claimRelease', key, [id, token])
  expect(await take('c1', 't1')).toEqual(['new', ''])
  expect(await take('c2', 't9')).toEqual(['foreign', 'c1'])
  expect(await take('c1', 't2')).toEqual(['own', ''])
  expect(await release('c1', 't1'), 'another attempt relies on it').toBe(0)
  expect(await release('c2', 't2')).toBe(0)
  expect(await release('c1', 't2')).toBe(1)
  expect(await take('c2', 't3')).toEqual(['new', ''])
  expect(await run('claimConfirm', key, ['c1', 'APPLIED'])).toBe(0)
  expect(await run('claimConfirm', key, ['c2', 'APPLIED'])).toBe(1)
  expect(await take('c2', 't4')).toEqual(['own', '1'])
  expect(await release('c2', 't4')).toBe(0)
})

test('readers that carry events over at once carry each once', async () => {
  const same = options()
  const store = new RedisChallengeStore({ redis, ...same })
  const mint = createMint(clock)
  for (let i = 0; i < 30; i += 1) await store.create(mint().base, { key: 'create' })
  const readers = Array.from({ length: 10 }, () => new RedisAuditStore({ redis, ...same }))
  await Promise.all(readers.map((reader) => reader.events(0, 1_000)))
  const events = await store.events(0, 1_000)
  expect(events.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 30 }, (_, i) => i + 1),
  )
  expect(new Set(events.map(({ challengeId }) => challengeId)).size).toBe(30)
})

test('events of a shard that lost its last ones in a failover are carried over again', async () => {
  const same = options()
  const store = new RedisChallengeStore({ redis, ...same })
  const mint = createMint(clock)
  for (let i = 0; i < 9; i += 1) await store.create(mint().base, { key: 'create' })
  expect(await store.events(0, 100)).toHaveLength(9)
  for (let shard = 0; shard < 3; shard += 1)
    for (const name of ['sequence', 'events'])
      await redis.del(`{${same.keyPrefix}:${shard}}:${name}`)
  const { base } = mint()
  await store.create(base, { key: 'create' })
  const events = await store.events(9, 100)
  expect(events.map(({ challengeId }) => challengeId)).toEqual([base.challengeId])
  expect(await store.history(base.challengeId)).toEqual(events)
})

test('what was never paid leaves nothing behind over shards either', async () => {
  const steered = createSteeredClock()
  const same = options()
  const short = { ...same, clock: steered, pendingTTLSeconds: 60, challengeTTLSeconds: 1 }
  const store = new RedisChallengeStore({ redis, ...short })
  const mint = createMint(steered)
  for (let i = 0; i < 60; i += 1) {
    steered.advance(30_000)
    await store.create(mint().base, { key: 'create' })
    await store.events(0, 1_000)
  }
  for (let i = 0; i < 9; i += 1) await store.due(new Date(steered.nowMs()), 10)
  await store.events(0, 1_000)
  expect((await store.events(0, 1_000)).length).toBeLessThan(6)
  const nodes = redis.nodes('master')
  const orders = `*${same.keyPrefix}*:order:*`
  const left = (await Promise.all(nodes.map((node) => node.keys(orders)))).flat()
  expect(left.length).toBeLessThan(6)
})

test('a request id outlives its 900 s as soon as there is money', async () => {
  const same = options()
  const store = new RedisChallengeStore({ redis, ...same })
  const minted = createMint(clock)({ scope: 'x402-http', requestId: randomUUID() })
  const { challengeId: id, requestId } = minted.base
  const ttl = () => redis.ttl(`${same.keyPrefix}:request:${requestId}`)
  const payment = minted.pay()
  await store.create(minted.base, { key: 'create' })
  expect(await ttl()).toBeGreaterThan(890)
  await store.settle(id, payment.paymentRef, payment.paid(), { key: 'settle' })
  expect(await ttl()).toBe(-1)
  const deliveredAt = new Date(clock.nowMs())
  const accessGrant = { accessToken: 't' } as never
  const fields = { accessGrant, deliveredAt }
  await store.transition({ id, from: 'PAID', to: 'DELIVERED', key: 'deliver', fields })
  expect(await ttl()).toBeGreaterThan(43_000)
  const { ok } = await store.healthCheck()
  expect(ok).toBe(true)
  expect(await store.adopt()).toBe(1)
})

test('a request id that a refused creation left at another record is free', async () => {
  const store = new RedisChallengeStore({ redis, ...options() })
  const mint = createMint(clock)
  const { base } = mint()
  await store.create(base, { key: 'create' })
  const again = mint({ challengeId: base.challengeId, requestId: 'other' })
  expect((await store.create(again.base, { key: 'again' })).kind).toBe('replayed')
  const fresh = mint({ requestId: 'other' })
  expect((await store.create(fresh.base, { key: 'fresh' })).kind).toBe('applied')
  const found = await store.findActiveByRequestId('other', base.scope)
  expect(found?.challengeId).toBe(fresh.base.challengeId)
})

test('a payment that came as its challenge was cancelled leaves no request id behind', async () => {
  const same = options()
  const slow = slowClient()
  const store = new RedisChallengeStore({ redis, ...same })
  const minted = createMint(clock)({ scope: 'x402-http' })
  const { challengeId: id, requestId } = minted.base
  const payment = minted.pay()
  await store.create(minted.base, { key: 'create' })
  const paying = new RedisChallengeStore({ redis: slow.client, ...same }).reserve(
    id,
    payment.intent(),
    { key: 'reserve' },
  )
  await slow.reached
  await store.transition({ id, from: 'PENDING', to: 'CANCELLED', key: 'cancel' })
  slow.letGo()
  expect((await paying).kind).toBe('lost')
  expect(await redis.exists(`${same.keyPrefix}:request:${requestId}`)).toBe(0)
  expect(await store.getClaim(payment.paymentRef)).toBeUndefined()
})

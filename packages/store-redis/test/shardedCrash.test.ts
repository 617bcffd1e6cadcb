import { createMint, createSteeredClock } from '@key0/conformance/store'
import type { ChallengeFields } from '@key0/core'
import { type RedisCluster, startRedisCluster } from '@key0/test-services'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RedisChallengeStore } from '../src/exports/index.ts'
import { newPrefix } from './openStore.ts'

const clock = { nowMs: () => Date.now() }
const accessGrant = { accessToken: 't' } as NonNullable<ChallengeFields['accessGrant']>
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

/** A client of a process that dies at its nth command: before Redis does it, or just after. */
function dyingClient(at: number, when: 'before' | 'after') {
  let count = 0
  const died = (): Error => new Error('this process is dead')
  const client = new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: readonly unknown[]) => {
        count += 1
        if (count > at || (count === at && when === 'before')) throw died()
        const answer: unknown = await Reflect.apply(value, target, args)
        if (count >= at) throw died()
        return answer
      }
    },
  })
  return { client, isDead: () => count >= at }
}

/** One payment from its challenge to its delivery, as a gateway goes about it. */
async function sell(store: RedisChallengeStore, minted: ReturnType<ReturnType<typeof createMint>>) {
  const { challengeId: id } = minted.base
  const payment = minted.pay()
  await store.create(minted.base, { key: 'create' })
  await store.reserve(id, payment.intent(), { key: 'reserve' })
  const paid = payment.paid({ intent: payment.intent({ stage: 'PAID' }) })
  await store.settle(id, payment.paymentRef, paid, { key: 'settle' })
  const fields = { accessGrant, deliveredAt: new Date(clock.nowMs()) }
  await store.transition({ id, from: 'PAID', to: 'DELIVERED', key: 'deliver', fields })
  return { id, payment }
}

test.each(['before', 'after'] as const)(
  'a sale over shards that dies %s any command is finished by the next process, once',
  async (when) => {
    for (let at = 1, isOver = false; !isOver; at += 1) {
      const options = { keyPrefix: newPrefix(), shards: 5 }
      const dying = dyingClient(at, when)
      const first = new RedisChallengeStore({ redis: dying.client, ...options })
      // A new mint begins anew, so that both processes see the same request and payment.
      await sell(first, createMint(clock)()).catch(() => {})
      isOver = !dying.isDead()
      const store = new RedisChallengeStore({ redis, ...options })
      const minted = createMint(clock)()
      const { id, payment } = await sell(store, minted)
      const named = `dies ${when} command ${at}`
      const record = await store.get(id)
      expect(record, named).toMatchObject({ state: 'DELIVERED', paymentRef: payment.paymentRef })
      const { paymentRef } = payment
      const claim = { paymentRef, challengeId: id, disposition: 'APPLIED' }
      expect(await store.getClaim(paymentRef), named).toEqual(claim)
      const trail = await store.history(id)
      expect(
        trail.map(({ to }) => to),
        named,
      ).toEqual(['PENDING', 'PENDING', 'PAID', 'DELIVERED'])
      expect(await store.events(0, 100), named).toEqual(trail)
      const { requestId, scope } = minted.base
      const found = await store.findActiveByRequestId(requestId, scope)
      expect(found?.challengeId, named).toBe(id)
      const other = createMint(clock)({ challengeId: 'thief', requestId: 'thief' })
      await store.create(other.base, { key: 'create' })
      const theft = await store.settle('thief', paymentRef, payment.paid(), { key: 'theft' })
      expect(theft, named).toEqual({ kind: 'foreign', owner: id })
    }
  },
  120_000,
)

test('of fifty buyers with one request id over shards exactly one creates, over and over', async () => {
  const steered = createSteeredClock()
  const options = { keyPrefix: newPrefix(), shards: 5, clock: steered }
  const stores = [0, 1].map(() => new RedisChallengeStore({ redis, ...options }))
  const mint = createMint(steered)
  for (let round = 0; round < 20; round += 1) {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        stores[i % 2]?.create(mint({ requestId: 'wanted' }).base, { key: `${i}` }),
      ),
    )
    const applied = outcomes.filter((outcome) => outcome?.kind === 'applied')
    expect(applied, `round ${round}`).toHaveLength(1)
    steered.advance(3_600_000) // Its deadline passes, and the next may take its place.
  }
})

import { createMint } from '@key0/conformance/store'
import type { ChallengeFields, State } from '@key0/core'
import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import type { RedisChallengeStoreOptions } from '../src/exports/index.ts'
import { connect, openStore } from './openStore.ts'

const clock = { nowMs: () => Date.now() }
const WEEK = 604_800
const FOREVER = -1
const GONE = -2

type Redistime = { readonly record: number; readonly request: number }

/** Leads one challenge along and reads what Redis itself says about its keys' lifetimes, in s. */
async function live(redis: Redis, options: Partial<RedisChallengeStoreOptions> = {}) {
  const { store, prefix } = openStore(redis, options)
  const minted = createMint(clock)({ scope: 'x402-http' })
  const { challengeId: id, requestId } = minted.base
  const payment = minted.pay()
  const seconds = async (key: string): Promise<number> => {
    const ms = await redis.pttl(key)
    return ms < 0 ? ms : Math.ceil(ms / 1000)
  }
  let version = 0
  return {
    ...{ store, prefix, id, payment },
    create: () => store.create(minted.base, { key: 'create' }),
    reserve: () => store.reserve(id, payment.intent(), { key: 'reserve' }),
    settle: (fields: ChallengeFields = {}) => {
      const intent = payment.intent({ stage: 'PAID' })
      const paid = payment.paid({ intent, ...fields })
      return store.settle(id, payment.paymentRef, paid, { key: 'settle' })
    },
    async move(from: State, to: State, fields: ChallengeFields = {}) {
      version += 1
      const outcome = await store.transition({ id, from, to, fields, key: `move-${version}` })
      expect(outcome.kind).toBe('applied')
    },
    ttl: async (): Promise<Redistime> => ({
      record: await seconds(`${prefix}:challenge:${id}`),
      request: await seconds(`${prefix}:request:${requestId}`),
    }),
  }
}

const accessGrant = {} as NonNullable<ChallengeFields['accessGrant']>
const refund = {} as NonNullable<ChallengeFields['refund']>

test('an unpaid challenge lives for 7 days, and its request id names it for 900 s', async () => {
  using redis = connect()
  const one = await live(redis)
  await one.create()
  expect(await one.ttl()).toEqual({ record: WEEK, request: 900 })
})

test('an intent, a payment and a refund under way never expire, nor does their request id', async () => {
  using redis = connect()
  const one = await live(redis)
  const forever = { record: FOREVER, request: FOREVER }
  await one.create()
  await one.reserve()
  expect(await one.ttl()).toEqual(forever)
  await one.settle()
  expect(await one.ttl()).toEqual(forever)
  await one.move('PAID', 'REFUND_PENDING', { refund })
  expect(await one.ttl()).toEqual(forever)
  await one.move('REFUND_PENDING', 'REFUND_FAILED', { refundError: 'blocked' })
  expect(await one.ttl()).toEqual(forever)
})

test('a delivery is kept for 12 hours from its delivery, with its request id', async () => {
  using redis = connect()
  const one = await live(redis)
  await one.create()
  await one.settle()
  await one.move('PAID', 'DELIVERED', { accessGrant, deliveredAt: new Date() })
  expect(await one.ttl()).toEqual({ record: 43_200, request: 43_200 })
})

test('a delivery whose payment may still be reorganised away is kept until it is final', async () => {
  using redis = connect()
  const one = await live(redis)
  await one.create()
  await one.settle({ paymentFinal: false })
  await one.move('PAID', 'DELIVERED', { accessGrant, deliveredAt: new Date() })
  expect(await one.ttl()).toEqual({ record: FOREVER, request: FOREVER })
  await one.store.postpone(one.id, 3, new Date(), { paymentFinal: true })
  expect(await one.ttl()).toEqual({ record: 43_200, request: 43_200 })
})

test('a refund is kept for 7 days from creation, unless a person holds it', async () => {
  using redis = connect()
  const one = await live(redis)
  await one.create()
  await one.settle()
  await one.move('PAID', 'REFUND_PENDING', { refund })
  await one.move('REFUND_PENDING', 'REFUNDED', { refundedAt: new Date() })
  expect(await one.ttl()).toEqual({ record: WEEK, request: WEEK })
  const other = await live(redis)
  await other.create()
  await other.settle()
  await other.move('PAID', 'REFUND_PENDING', { refund })
  await other.move('REFUND_PENDING', 'REFUNDED', { refundedAt: new Date(), held: 'paid twice?' })
  expect((await other.ttl()).record).toBe(FOREVER)
})

test('a cancelled challenge is kept for 7 days, and its request id is free at once', async () => {
  using redis = connect()
  const one = await live(redis)
  await one.create()
  await one.move('PENDING', 'CANCELLED')
  expect(await one.ttl()).toEqual({ record: WEEK, request: GONE })
})

test('every lifetime can be set', async () => {
  using redis = connect()
  const options = { challengeTTLSeconds: 5_000, pendingTTLSeconds: 6_000 }
  const one = await live(redis, { ...options, deliveredTTLSeconds: 70, recordTTLSeconds: 8_000 })
  await one.create()
  expect(await one.ttl()).toEqual({ record: 6_000, request: 5_000 })
  await one.settle()
  await one.move('PAID', 'DELIVERED', { accessGrant, deliveredAt: new Date() })
  expect((await one.ttl()).record).toBe(70)
})

test('claims and the trail of money have no lifetime', async () => {
  using redis = connect()
  const one = await live(redis)
  await one.create()
  await one.settle()
  for (const key of [`claim:${one.payment.paymentRef}`, `audit:${one.id}`, 'paid', 'events'])
    expect(await redis.ttl(`${one.prefix}:${key}`), key).toBe(FOREVER)
})

test('what was never paid leaves nothing behind once it was forgotten', async () => {
  using redis = connect()
  let nowMs = Date.now()
  const steered = { nowMs: () => nowMs }
  const { store, prefix } = openStore(redis, { clock: steered, pendingTTLSeconds: 60 })
  const mint = createMint(steered)
  const size = async () => (await redis.keys(`${prefix}:*`)).length
  await store.create(mint().base, { key: 'create' })
  const once = await size()
  for (let i = 0; i < 200; i += 1) {
    nowMs += 30_000
    await store.create(mint().base, { key: 'create' })
  }
  expect(await size()).toBeLessThan(once + 10)
  expect(await redis.xlen(`${prefix}:events`)).toBeLessThan(4)
  expect(await redis.zcard(`${prefix}:due:PENDING`)).toBeLessThan(4)
})

test('what Redis itself expired leaves no trace in the sets either', async () => {
  using redis = connect()
  const { store, prefix } = openStore(redis)
  const { base } = createMint(clock)()
  await store.create(base, { key: 'create' })
  await redis.del(`${prefix}:challenge:${base.challengeId}`) // as its lifetime's end does
  await redis.zadd(`${prefix}:forget`, 1, base.challengeId)
  expect(await store.due(new Date(clock.nowMs() + 10 * WEEK * 1000), 10)).toEqual([])
  expect(await redis.xlen(`${prefix}:events`)).toBe(0)
  expect((await redis.keys(`${prefix}:*`)).toSorted()).toEqual([
    `${prefix}:events`,
    `${prefix}:request-of:${base.scope.length}:${base.scope}:${base.requestId}`,
    `${prefix}:sequence`,
  ])
})

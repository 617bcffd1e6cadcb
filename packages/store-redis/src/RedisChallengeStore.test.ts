import { createMint } from '@key0/conformance/store'
import { Key0Error } from '@key0/core'
import { Redis } from 'ioredis'
import { expect, inject, test } from 'vitest'
import { connect, openStore } from '../test/openStore.ts'
import { RedisAuditStore } from './RedisAuditStore.ts'
import { RedisChallengeStore, type RedisChallengeStoreOptions } from './RedisChallengeStore.ts'

const clock = { nowMs: () => Date.now() }

/** What a constructor is refused for. */
function refusedField(options: Partial<RedisChallengeStoreOptions>): string | undefined {
  using redis = connect()
  try {
    new RedisChallengeStore({ redis, ...options })
    return undefined
  } catch (error) {
    if (Key0Error.is(error, 'CONFIG_INVALID')) return error.facts.field
    throw error
  }
}

test('options that could only be mistakes are refused by name', () => {
  expect(refusedField({ keyPrefix: '' })).toBe('keyPrefix')
  expect(refusedField({ keyPrefix: 'a*' })).toBe('keyPrefix')
  expect(refusedField({ challengeTTLSeconds: 0 })).toBe('challengeTTLSeconds')
  expect(refusedField({ deliveredTTLSeconds: Number.NaN })).toBe('deliveredTTLSeconds')
  expect(refusedField({ waitForReplicas: { count: 0, timeoutMs: 1 } })).toBe(
    'waitForReplicas.count',
  )
  expect(refusedField({})).toBeUndefined()
})

test('a client that adds a prefix of its own is refused: scripts would miss it', () => {
  const redis = new Redis({ lazyConnect: true, keyPrefix: 'app:' })
  expect(() => new RedisChallengeStore({ redis })).toThrow('The configuration is not valid.')
})

test('the specified way to make a store works as written', async () => {
  const redis = new Redis(inject('redisUrl'))
  const store = new RedisChallengeStore({ redis, challengeTTLSeconds: 900 })
  expect((await store.healthCheck()).ok).toBe(true)
  await store.close()
  expect(await redis.ping(), 'the client is its owner’s').toBe('PONG')
  redis.disconnect()
})

test('by the clock of Redis an unpaid challenge ends at its deadline', async () => {
  using redis = connect()
  const { store } = openStore(redis)
  const expiresAt = new Date(clock.nowMs() + 40)
  const { base } = createMint(clock)({ expiresAt })
  await store.create(base, { key: 'create' })
  const find = () => store.findActiveByRequestId(base.requestId, base.scope)
  expect((await find())?.challengeId).toBe(base.challengeId)
  await expect.poll(find, { interval: 10 }).toBeUndefined()
  expect((await store.get(base.challengeId))?.state).toBe('PENDING')
  const successor = createMint(clock)({ challengeId: 'successor' })
  expect((await store.create(successor.base, { key: 'create' })).kind).toBe('applied')
})

test('the audit store reads what the challenge store wrote', async () => {
  using redis = connect()
  const { store, prefix } = openStore(redis)
  const audit = new RedisAuditStore({ redis, keyPrefix: prefix })
  const { base } = createMint(clock)()
  await store.create(base, { key: 'create', actor: 'agent', reason: '' })
  const trail = await audit.history(base.challengeId)
  expect(trail).toEqual([expect.objectContaining({ actor: 'agent', reason: '', to: 'PENDING' })])
  expect(await audit.events(0, 10)).toEqual(trail)
  await audit.ack('webhooks', 1)
  expect(await store.acked('webhooks')).toBe(1)
})

test('a Redis that is full says so as STORE_UNAVAILABLE, and nothing is half written', async () => {
  const { startRedis } = await import('@key0/test-services')
  await using server = await startRedis({ maxmemory: '2mb' })
  using redis = connect(server.url)
  const store = new RedisChallengeStore({ redis })
  const mint = createMint(clock)
  const created: string[] = []
  let refused: unknown
  while (refused === undefined) {
    const { base } = mint({ resourceId: 'x'.repeat(3_000) })
    await store.create(base, { key: 'create' }).then(
      () => created.push(base.challengeId),
      (error: unknown) => {
        refused = error
      },
    )
  }
  expect(Key0Error.is(refused, 'STORE_UNAVAILABLE')).toBe(true)
  const events = await store.events(0, 100_000)
  expect(events.map(({ challengeId }) => challengeId)).toEqual(created)
  expect((await redis.keys('key0:challenge:*')).length).toBe(created.length)
})

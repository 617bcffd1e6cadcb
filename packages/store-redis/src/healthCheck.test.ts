import { randomUUID } from 'node:crypto'
import { createMint } from '@key0/conformance/store'
import { startRedis } from '@key0/test-services'
import { expect, test } from 'vitest'
import { connect } from '../test/openStore.ts'
import { RedisChallengeStore } from './RedisChallengeStore.ts'

const clock = { nowMs: () => Date.now() }
const lasting = { appendonly: true, appendfsync: 'always' } as const

test('a primary that keeps an append-only file at every write is durable', async () => {
  await using server = await startRedis(lasting)
  using redis = connect(server.url)
  const health = await new RedisChallengeStore({ redis }).healthCheck()
  expect(health).toEqual({ ok: true, durable: true, problems: [] })
})

test.each([
  [{}, 'Set appendonly yes and appendfsync always.'],
  [{ appendonly: true, appendfsync: 'everysec' }, 'Set appendfsync always.'],
  [{ appendonly: true, appendfsync: 'no' }, 'Set appendfsync always.'],
  [{ ...lasting, maxmemoryPolicy: 'volatile-lru' }, 'Set maxmemory-policy noeviction.'],
  [{ ...lasting, maxmemoryPolicy: 'allkeys-lru' }, 'Set maxmemory-policy noeviction.'],
] as const)('with %j it works, is not durable, and says what to set', async (options, advice) => {
  await using server = await startRedis(options)
  using redis = connect(server.url)
  const health = await new RedisChallengeStore({ redis }).healthCheck()
  expect(health).toMatchObject({ ok: true, durable: false })
  expect(health.problems).toEqual([expect.stringContaining(advice)])
})

test('a replica cannot be worked with', async () => {
  await using primary = await startRedis(lasting)
  await using replica = await startRedis({ ...lasting, replicaOf: primary })
  using redis = connect(replica.url)
  const health = await new RedisChallengeStore({ redis }).healthCheck()
  expect(health).toMatchObject({ ok: false, durable: false })
  expect(health.problems).toContain('This Redis is a replica. Name its primary.')
})

test('with replicas, it is durable when writes wait for them', async () => {
  await using primary = await startRedis(lasting)
  await using replica = await startRedis({ ...lasting, replicaOf: primary })
  using redis = connect(primary.url)
  const alone = await new RedisChallengeStore({ redis }).healthCheck()
  expect(alone.problems).toEqual([expect.stringContaining('waitForReplicas')])
  const waits = { waitForReplicas: { count: 1, timeoutMs: 500 } }
  expect((await new RedisChallengeStore({ redis, ...waits }).healthCheck()).durable).toBe(true)
  await replica.kill()
  const health = await new RedisChallengeStore({ redis, ...waits }).healthCheck()
  expect(health.durable).toBe(false)
})

const beat = (store: RedisChallengeStore) => store.beat({ beatId: randomUUID(), quietMs: 60_000 })

test('that everything was flushed is noticed, for as long as the process lives', async () => {
  await using server = await startRedis(lasting)
  using redis = connect(server.url)
  const store = new RedisChallengeStore({ redis })
  await beat(store)
  await store.create(createMint(clock)().base, { key: 'create' })
  expect((await store.healthCheck()).durable).toBe(true)
  await redis.flushall()
  const judge = async () => {
    const { durable, problems } = await store.healthCheck()
    return { durable, problems }
  }
  const gone = { durable: false, problems: [expect.stringContaining('is gone')] }
  expect(await judge()).toEqual(gone)
  await beat(store)
  expect(await judge(), 'once the data was begun anew').toEqual(gone)
  const next = new RedisChallengeStore({ redis })
  expect((await next.healthCheck()).durable, 'what the next process thinks').toBe(true)
})

test('a loss that a process was there for is a problem, one from before is not', async () => {
  await using server = await startRedis(lasting)
  using redis = connect(server.url)
  const store = new RedisChallengeStore({ redis })
  const { deploymentId, aliveAt } = await beat(store)
  const remembered = { deploymentId, aliveAt, highestEvent: 7 }
  const peer = new RedisChallengeStore({ redis })
  await peer.beat({ beatId: 'unused', quietMs: 60_000, remembered })
  const { ok, problems } = await store.healthCheck()
  expect({ ok, problems }).toEqual({ ok: true, problems: [expect.stringContaining('lost')] })
  expect((await new RedisChallengeStore({ redis }).healthCheck()).durable).toBe(true)
})

test('that the store went back in time is noticed', async () => {
  await using server = await startRedis(lasting)
  using redis = connect(server.url)
  const store = new RedisChallengeStore({ redis })
  const mint = createMint(clock)
  for (let i = 0; i < 3; i += 1) await store.create(mint().base, { key: 'create' })
  await store.healthCheck()
  await redis.set('key0:sequence', '1') // as files from before two of them would say
  const { problems } = await store.healthCheck()
  expect(problems).toEqual([expect.stringContaining('from event 3 to 1')])
})

test('evicted records are noticed', async () => {
  const small = { maxmemory: '3mb', maxmemoryPolicy: 'allkeys-lru' }
  await using server = await startRedis({ ...lasting, ...small })
  using redis = connect(server.url)
  const store = new RedisChallengeStore({ redis })
  const mint = createMint(clock)
  const evicted = async () => /evicted_keys:[1-9]/.test(await redis.info('stats'))
  for (let i = 0; i < 5_000 && !(await evicted()); i += 1)
    await store.create(mint({ resourceId: 'x'.repeat(2_000) }).base, { key: 'create' })
  const { durable, problems } = await store.healthCheck()
  expect(durable).toBe(false)
  expect(problems.join(' ')).toMatch(/Redis has evicted \d+ keys/)
})

test('a record in which money is owed and that is gone is noticed', async () => {
  await using server = await startRedis(lasting)
  using redis = connect(server.url)
  const store = new RedisChallengeStore({ redis })
  const minted = createMint(clock)()
  const { challengeId } = minted.base
  const payment = minted.pay()
  await store.create(minted.base, { key: 'create' })
  await store.settle(challengeId, payment.paymentRef, payment.paid(), { key: 'settle' })
  await redis.del(`key0:challenge:${challengeId}`)
  const { problems } = await store.healthCheck()
  expect(problems).toEqual(['Records in which money is owed are gone from the store.'])
})

test('a server that is down is said to be', async () => {
  await using server = await startRedis()
  using redis = connect(server.url)
  redis.on('error', () => {})
  const store = new RedisChallengeStore({ redis })
  await store.healthCheck()
  await server.kill()
  redis.options.maxRetriesPerRequest = 1
  const { ok, problems } = await store.healthCheck()
  expect(ok).toBe(false)
  expect(problems[0]).toContain('Redis does not answer')
})

test('settings that may not be read are to be checked by hand', async () => {
  await using server = await startRedis(lasting)
  using admin = connect(server.url)
  await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-config')
  using redis = connect(server.url.replace('redis://', 'redis://app:secret@'))
  const health = await new RedisChallengeStore({ redis }).healthCheck()
  expect(health).toMatchObject({ ok: true, durable: false })
  expect(health.problems).toEqual([expect.stringContaining('Check by hand')])
})

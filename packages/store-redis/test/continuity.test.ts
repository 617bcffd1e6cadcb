import { randomUUID } from 'node:crypto'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createMint } from '@key0/conformance/store'
import { type Continuity, Key0Error, type Remembered } from '@key0/core'
import { type RedisServer, startLossyProxy, startRedis } from '@key0/test-services'
import { expect, test } from 'vitest'
import { RedisChallengeStore, type RedisChallengeStoreOptions } from '../src/exports/index.ts'
import { createRunner } from '../src/ops/createRunner.ts'
import { connect } from './openStore.ts'

const clock = { nowMs: () => Date.now() }
const lasting = { appendonly: true, appendfsync: 'always' } as const
const replicas = { count: 1, timeoutMs: 2_000 }

/** A gateway as far as its store's life goes: it beats, and remembers what it saw. */
function openGateway(url: string, options: Partial<RedisChallengeStoreOptions> = {}) {
  const redis = connect(url)
  redis.on('error', () => {})
  const store = new RedisChallengeStore({ redis, ...options })
  const mint = createMint(clock)
  let remembered: Remembered | undefined
  return {
    ...{ redis, store },
    async beat(): Promise<Continuity> {
      const beatId = randomUUID()
      remembered = await store.beat({ beatId, quietMs: 60_000, remembered })
      return remembered as Continuity
    },
    /** Takes over what another process remembered, as if it had gone on elsewhere. */
    remember: (seen: Remembered) => {
      remembered = seen
    },
    async sell(count: number): Promise<void> {
      for (let i = 0; i < count; i += 1)
        await store.create({ ...mint().base, challengeId: randomUUID() }, { key: 'create' })
    },
    [Symbol.dispose]: () => redis.disconnect(),
  }
}

async function killed(server: RedisServer): Promise<void> {
  await server.kill()
  await server.restart()
}

/** A replica that stopped hearing from its primary before the last writes. */
async function startStaleReplica() {
  const primary = await startRedis(lasting)
  const wire = await startLossyProxy(primary)
  const replica = await startRedis({ ...lasting, replicaOf: wire })
  return {
    ...{ primary, replica },
    cut: () => wire.stop(),
    async [Symbol.asyncDispose]() {
      await Promise.all([primary.stop(), replica.stop()])
    },
  }
}

test('a durable Redis that is killed and started again has lost nothing, and says so', async () => {
  await using server = await startRedis(lasting)
  using gateway = openGateway(server.url)
  const before = await gateway.beat()
  await gateway.sell(3)
  await killed(server)
  const after = await gateway.beat()
  expect(after).toMatchObject({ deploymentId: before.deploymentId, highestEvent: 3 })
  expect([after.break, after.silence]).toEqual([undefined, undefined])
})

test.each([
  { appendonly: true, appendfsync: 'everysec' },
  { appendonly: true, appendfsync: 'no' },
  { appendonly: false },
] as const)('with %j a kill may have lost writes, whoever notices it', async (options) => {
  await using server = await startRedis(options)
  using gateway = openGateway(server.url)
  const before = await gateway.beat()
  await gateway.redis.save() // Without an append-only file this is what comes back.
  await killed(server)
  using next = openGateway(server.url)
  const after = await next.beat()
  expect(after.deploymentId).toBe(before.deploymentId)
  expect(after.break).toEqual({ since: before.aliveAt, until: after.aliveAt, cause: 'engine' })
  const later = await gateway.beat()
  expect(later.break, 'one loss is told once').toEqual(after.break)
})

test('a Redis that keeps nothing comes back as another deployment', async () => {
  await using server = await startRedis()
  using gateway = openGateway(server.url)
  const before = await gateway.beat()
  await killed(server)
  const after = await gateway.beat()
  expect(after.deploymentId).not.toBe(before.deploymentId)
  expect(after.break).toMatchObject({ since: before.aliveAt, cause: 'deployment' })
})

test('FLUSHALL under a running gateway is noticed by its next sign of life', async () => {
  await using server = await startRedis(lasting)
  using gateway = openGateway(server.url)
  const before = await gateway.beat()
  await gateway.sell(2)
  await gateway.redis.flushall()
  expect((await gateway.beat()).break).toMatchObject({
    since: before.aliveAt,
    cause: 'deployment',
  })
})

test('a stale replica that is promoted is noticed by a new gateway: the engine says so', async () => {
  await using pair = await startStaleReplica()
  using gateway = openGateway(pair.primary.url, { waitForReplicas: replicas })
  const before = await gateway.beat()
  await gateway.sell(1)
  await pair.cut()
  using careless = openGateway(pair.primary.url)
  await careless.sell(2)
  await pair.primary.kill()
  await pair.replica.promote()
  using next = openGateway(pair.replica.url)
  const after = await next.beat()
  expect(after.highestEvent).toBe(1)
  expect(after.break).toEqual({ since: before.aliveAt, until: after.aliveAt, cause: 'engine' })
})

test('a running gateway says first that another server answers when a stale replica was promoted', async () => {
  await using pair = await startStaleReplica()
  using gateway = openGateway(pair.primary.url)
  await gateway.beat()
  await gateway.redis.wait(1, 2_000)
  await pair.cut()
  await gateway.sell(2)
  const before = await gateway.beat()
  await pair.primary.kill()
  await pair.replica.promote()
  using moved = openGateway(pair.replica.url)
  moved.remember(before)
  const after = await moved.beat()
  expect(after.break).toMatchObject({ cause: 'engine', until: after.aliveAt })
  expect(after.break?.since.getTime()).toBeLessThan(before.aliveAt.getTime())
})

test('a promotion counts even when writes waited for the replica, and that it is forgotten does not', async () => {
  await using primary = await startRedis(lasting)
  await using replica = await startRedis({ ...lasting, replicaOf: primary })
  using gateway = openGateway(primary.url, { waitForReplicas: replicas })
  await gateway.beat()
  await gateway.sell(1)
  await primary.kill()
  await replica.promote()
  using moved = openGateway(replica.url)
  const { break: loss } = await moved.beat()
  expect(loss?.cause).toBe('engine')
  // Without replicas it forgets after a while what it was, as it does when started again.
  await moved.redis.config('SET', 'repl-backlog-ttl', '1')
  const hasForgotten = async () =>
    (await moved.redis.info('replication')).includes(`master_replid2:${'0'.repeat(40)}`)
  await expect.poll(hasForgotten, { timeout: 10_000 }).toBe(true)
  expect((await moved.beat()).break).toEqual(loss)
})

test('a backup put back under a running gateway is noticed: events that it saw are gone', async () => {
  await using server = await startRedis(lasting)
  using gateway = openGateway(server.url)
  await gateway.sell(1)
  const early = await gateway.beat()
  const files = join(server.directory, 'appendonlydir')
  const backup = join(server.directory, 'backup')
  cpSync(files, backup, { recursive: true })
  await gateway.sell(2)
  await gateway.beat()
  await server.kill()
  rmSync(files, { recursive: true })
  cpSync(backup, files, { recursive: true })
  await server.restart()
  const after = await gateway.beat()
  expect(after).toMatchObject({ deploymentId: early.deploymentId, highestEvent: 1 })
  expect(after.break).toEqual({ since: early.aliveAt, until: after.aliveAt, cause: 'events' })
})

test('a full Redis refuses a sign of life rather than pretend one, and is whole afterwards', async () => {
  await using server = await startRedis(lasting)
  using gateway = openGateway(server.url)
  const before = await gateway.beat()
  await gateway.redis.config('SET', 'maxmemory', '1mb')
  const refused = await gateway.beat().catch((error: unknown) => error)
  expect(Key0Error.is(refused, 'STORE_UNAVAILABLE')).toBe(true)
  expect(String((refused as Error).cause)).toContain('OOM')
  await gateway.redis.config('SET', 'maxmemory', '100mb')
  const after = await gateway.beat()
  expect(after.deploymentId).toBe(before.deploymentId)
  expect(after.break).toBeUndefined()
})

test('where CONFIG is forbidden every restart may have lost something', async () => {
  await using server = await startRedis(lasting)
  using admin = connect(server.url)
  admin.on('error', () => {})
  const allow = () => admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all', '-config')
  await allow()
  using gateway = openGateway(server.url.replace('redis://', 'redis://app:secret@'))
  await gateway.beat()
  expect((await gateway.beat()).break).toBeUndefined()
  await killed(server)
  await allow()
  using next = openGateway(server.url.replace('redis://', 'redis://app:secret@'))
  expect((await next.beat()).break?.cause).toBe('engine')
})

test('a replica takes no sign of life', async () => {
  await using primary = await startRedis(lasting)
  await using replica = await startRedis({ ...lasting, replicaOf: primary })
  using gateway = openGateway(replica.url)
  const refused = await gateway.beat().catch((error: unknown) => error)
  expect(Key0Error.is(refused, 'STORE_UNAVAILABLE')).toBe(true)
})

test('a witness is not written on another server than the one that was read', async () => {
  await using server = await startRedis(lasting)
  using redis = connect(server.url)
  const run = createRunner(redis)
  const info = await redis.info()
  const runId = /run_id:(\w+)/.exec(info)?.[1] ?? ''
  const never = `${'0'.repeat(40)}:-1`
  const swap = (...args: readonly string[]) => run('witnessSwap', ['w'], args)
  expect(await swap('', 'text', 'another', never)).toBe(0)
  expect(await swap('', 'text', runId, `${'a'.repeat(40)}:7`)).toBe(0)
  expect(await swap('other', 'text', runId, never)).toBe(0)
  expect(await redis.exists('w')).toBe(0)
  expect(await swap('', 'text', runId, never)).toBe(1)
  expect(await redis.get('w')).toBe('text')
})

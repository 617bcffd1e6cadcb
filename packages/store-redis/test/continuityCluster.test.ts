import { randomUUID } from 'node:crypto'
import { createMint } from '@key0/conformance/store'
import type { Continuity, Remembered } from '@key0/core'
import { type RedisCluster, startRedisCluster } from '@key0/test-services'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RedisChallengeStore, type RedisChallengeStoreOptions } from '../src/exports/index.ts'
import { newPrefix } from './openStore.ts'

const clock = { nowMs: () => Date.now() }
let cluster: RedisCluster
let redis: Cluster

beforeAll(async () => {
  cluster = await startRedisCluster()
  redis = new Cluster(
    cluster.ports.map((port) => ({ host: '127.0.0.1', port })),
    { slotsRefreshTimeout: 5_000 },
  )
  redis.on('error', () => {})
})

afterAll(async () => {
  redis.disconnect()
  await cluster.stop()
})

function openGateway(options: Partial<RedisChallengeStoreOptions> = {}) {
  const keyPrefix = newPrefix()
  const store = new RedisChallengeStore({ redis, keyPrefix, ...options })
  const mint = createMint(clock)
  let remembered: Remembered | undefined
  return {
    ...{ store, keyPrefix },
    async beat(): Promise<Continuity> {
      const beatId = randomUUID()
      const seen = await store.beat({ beatId, quietMs: 60_000, remembered })
      remembered = seen
      return seen
    },
    forget: () => {
      remembered = undefined
    },
    async sell(count: number): Promise<void> {
      for (let i = 0; i < count; i += 1) await store.create(mint().base, { key: 'create' })
    },
  }
}

test('over shards every event counts once, and beats that meet agree', async () => {
  const gateway = openGateway({ shards: 5 })
  await gateway.beat()
  await gateway.sell(12)
  const seen = await Promise.all(Array.from({ length: 8 }, () => gateway.beat()))
  expect(new Set(seen.map(({ deploymentId }) => deploymentId)).size).toBe(1)
  expect(seen.every((each) => each.break === undefined)).toBe(true)
  expect((await gateway.beat()).highestEvent).toBe(12)
})

test('one shard that went back is noticed by anybody, from where it is still whole', async () => {
  const gateway = openGateway({ shards: 5 })
  const early = await gateway.beat()
  await gateway.sell(12)
  const witness = `{${gateway.keyPrefix}:3}:witness`
  const old = await redis.get(witness)
  expect(old).toBe(`${early.aliveAt.getTime()}`)
  await gateway.beat()
  await redis.set(witness, old ?? '') // as an older backup of this shard alone would say
  await gateway.sell(3) // what is sold meanwhile does not hide it
  gateway.forget()
  const after = await gateway.beat()
  expect(after.break).toEqual({ since: early.aliveAt, until: after.aliveAt, cause: 'engine' })
  expect((await gateway.beat()).break, 'it is told once').toEqual(after.break)
})

test('a shard that lost everything is noticed', async () => {
  const gateway = openGateway({ shards: 5 })
  await gateway.beat()
  await redis.del(`{${gateway.keyPrefix}:2}:witness`)
  gateway.forget()
  expect((await gateway.beat()).break?.cause).toBe('engine')
})

test('a node that restarts concerns those whose data it has, and its failover as well', async () => {
  const slots = Array.from({ length: 12 }, () => openGateway())
  const sharded = openGateway({ shards: 5 })
  for (const gateway of [...slots, sharded]) await gateway.beat()
  const holders = await Promise.all(
    redis.nodes('master').map(async (node) => ({
      port: node.options.port,
      keys: new Set(await node.keys('*')),
    })),
  )
  // Where the keys lie is chance: one is killed that holds some of them, and not all.
  const witnessed = (keys: ReadonlySet<string>): number =>
    slots.filter(({ keyPrefix }) => keys.has(`{${keyPrefix}}:witness`)).length
  const some = holders.find(({ keys }) => witnessed(keys) > 0 && witnessed(keys) < slots.length)
  const own = some?.keys ?? new Set()
  await cluster.nodes.find(({ port }) => port === some?.port)?.kill()
  const isBack = async () =>
    Promise.all(
      [...slots, sharded].map(async (gateway) => (await gateway.beat()).deploymentId),
    ).then(
      () => true,
      () => false,
    )
  await expect.poll(isBack, { timeout: 20_000, interval: 200 }).toBe(true)
  for (const gateway of slots) {
    const isHis = own.has(`{${gateway.keyPrefix}}:witness`)
    expect((await gateway.beat()).break?.cause, gateway.keyPrefix).toBe(
      isHis ? 'engine' : undefined,
    )
  }
  expect((await sharded.beat()).break?.cause).toBe('engine')
  expect(some, 'some had their data there, and some had not').toBeDefined()
}, 40_000)

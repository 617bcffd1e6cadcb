import { createMint } from '@key0/conformance/store'
import { startRedisCluster } from '@key0/test-services'
import { Cluster } from 'ioredis'
import { expect, test } from 'vitest'
import { RedisChallengeStore } from '../src/exports/index.ts'

const clock = { nowMs: () => Date.now() }

test('when the node of a deployment dies, its replica goes on where it was', async () => {
  await using cluster = await startRedisCluster()
  const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }))
  const redis = new Cluster(nodes, { slotsRefreshTimeout: 5_000 })
  redis.on('error', () => {})
  const store = new RedisChallengeStore({ redis })
  const mint = createMint(clock)
  const first = mint()
  expect((await store.create(first.base, { key: 'create' })).kind).toBe('applied')
  const health = await store.healthCheck()
  expect(health).toMatchObject({ ok: true, durable: false })
  expect(health.problems).toContainEqual('A failover may lose acknowledged writes.')

  const keys = await Promise.all(
    redis.nodes('master').map(async (node) => [node.options.port, await node.dbsize()] as const),
  )
  const [port] = keys.find(([, size]) => size > 0) ?? []
  await cluster.nodes.find((node) => node.port === port)?.kill()
  const goOn = async () => {
    const { base } = mint()
    return (await store.create(base, { key: 'create' }).catch(() => undefined))?.kind
  }
  await expect.poll(goOn, { timeout: 20_000, interval: 100 }).toBe('applied')
  expect((await store.get(first.base.challengeId))?.state).toBe('PENDING')
  redis.disconnect()
})

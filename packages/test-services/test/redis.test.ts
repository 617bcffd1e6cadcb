import { existsSync } from 'node:fs'
import { Cluster, Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { findRedis, startRedis, startRedisCluster } from '../src/exports/index.ts'

test('a server that was killed is started again on its files', async () => {
  await using server = await startRedis({ appendonly: true, appendfsync: 'always' })
  const client = new Redis(server.url)
  client.on('error', () => {})
  await client.set('kept', 'yes')
  await server.kill()
  await server.restart()
  expect(await client.get('kept')).toBe('yes')
  client.disconnect()
})

test('a replica follows, and is a primary once promoted', async () => {
  await using primary = await startRedis()
  await using replica = await startRedis({ replicaOf: primary })
  const [one, other] = [new Redis(primary.url), new Redis(replica.url)]
  await one.set('a', '1')
  await one.wait(1, 5_000)
  expect(await other.get('a')).toBe('1')
  await expect(other.set('b', '2')).rejects.toThrow('READONLY')
  await replica.promote()
  expect(await other.set('b', '2')).toBe('OK')
  one.disconnect()
  other.disconnect()
})

test('six nodes form a cluster, and leave nothing behind', async () => {
  const cluster = await startRedisCluster()
  const client = new Cluster(cluster.ports.map((port) => ({ host: '127.0.0.1', port })))
  await client.set('a', '1')
  await client.set('b', '2')
  expect([await client.get('a'), await client.get('b')]).toEqual(['1', '2'])
  client.disconnect()
  await cluster.stop()
  expect(cluster.nodes.filter(({ directory }) => existsSync(directory))).toEqual([])
})

test('a server that cannot start says why, and leaves nothing behind', async () => {
  await expect(startRedis({ maxmemoryPolicy: 'nonsense' })).rejects.toThrow(/maxmemory-policy/)
})

test('the shared server says where it came from', async () => {
  const shared = await findRedis()
  expect(shared.source).toMatch(/^Redis/)
  await shared.stop()
})

import {
  createMint,
  createSteeredClock,
  documentConformance,
  storeConformance,
} from '@key0/conformance/store'
import { type RedisCluster, startRedisCluster } from '@key0/test-services'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { RedisChallengeStore, RedisDocumentStore } from '../src/exports/index.ts'
import { newPrefix } from './openStore.ts'

let cluster: RedisCluster
let clients: readonly [Cluster, Cluster]

beforeAll(async () => {
  cluster = await startRedisCluster()
  const nodes = cluster.ports.map((port) => ({ host: '127.0.0.1', port }))
  clients = [new Cluster(nodes), new Cluster(nodes)]
})

afterAll(async () => {
  for (const client of clients) client.disconnect()
  await cluster.stop()
})

const overShards = {
  'events: one stream over all challenges, in the order it happened':
    'the order is kept within each challenge; between shards it is the order of carrying over',
}

describe.each([1, 7])('with %i shards', (shards) => {
  storeConformance({
    test,
    except: shards > 1 ? overShards : {},
    async rig(retention) {
      const clock = createSteeredClock()
      const keyPrefix = newPrefix()
      const [store, peer] = clients.map(
        (redis) => new RedisChallengeStore({ redis, keyPrefix, clock, shards, ...retention }),
      ) as [RedisChallengeStore, RedisChallengeStore]
      return {
        ...{ store, peer, clock, mint: createMint(clock) },
        async [Symbol.asyncDispose]() {
          await store.close()
          await peer.close()
        },
      }
    },
  })
})

documentConformance({
  test,
  async rig() {
    const keyPrefix = newPrefix()
    const [documents, peer] = clients.map(
      (redis) => new RedisDocumentStore({ redis, keyPrefix }),
    ) as [RedisDocumentStore, RedisDocumentStore]
    return { documents, peer, [Symbol.asyncDispose]: async () => {} }
  },
})

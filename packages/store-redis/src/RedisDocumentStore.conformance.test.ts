import { documentConformance } from '@key0/conformance/store'
import { afterAll, test } from 'vitest'
import { connect, newPrefix } from '../test/openStore.ts'
import { RedisDocumentStore } from './RedisDocumentStore.ts'

const connections = [connect(), connect()] as const
afterAll(() => {
  for (const connection of connections) connection.disconnect()
})

documentConformance({
  test,
  async rig() {
    const keyPrefix = newPrefix()
    const [documents, peer] = connections.map(
      (redis) => new RedisDocumentStore({ redis, keyPrefix }),
    ) as [RedisDocumentStore, RedisDocumentStore]
    return { documents, peer, [Symbol.asyncDispose]: async () => {} }
  },
})

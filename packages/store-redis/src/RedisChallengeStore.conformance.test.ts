import { createMint, createSteeredClock, storeConformance } from '@key0/conformance/store'
import { afterAll, test } from 'vitest'
import { connect, newPrefix } from '../test/openStore.ts'
import { RedisChallengeStore } from './RedisChallengeStore.ts'

const connections = [connect(), connect()] as const
afterAll(() => {
  for (const connection of connections) connection.disconnect()
})

storeConformance({
  test,
  async rig(retention) {
    const clock = createSteeredClock()
    const keyPrefix = newPrefix()
    const [store, peer] = connections.map(
      (redis) => new RedisChallengeStore({ redis, keyPrefix, clock, ...retention }),
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

import { modelSettings, storeModel } from '@key0/conformance/model'
import { createMint, createSteeredClock } from '@key0/conformance/store'
import { afterAll, test } from 'vitest'
import { connect, newPrefix } from '../test/openStore.ts'
import { RedisChallengeStore } from './RedisChallengeStore.ts'

const connections = [connect(), connect()] as const
const [redis] = connections
afterAll(() => {
  for (const connection of connections) connection.disconnect()
})

const rig = async () => {
  const clock = createSteeredClock()
  const keyPrefix = newPrefix()
  const [store, peer] = connections.map(
    (each) => new RedisChallengeStore({ redis: each, keyPrefix, clock }),
  ) as [RedisChallengeStore, RedisChallengeStore]
  return {
    ...{ store, peer, clock, mint: createMint(clock) },
    async [Symbol.asyncDispose]() {
      // Fifty thousand sequences would fill the server's memory.
      const keys = await redis.keys(`${keyPrefix}:*`)
      if (keys.length > 0) await redis.unlink(keys)
    },
  }
}

// Redis forgets by its own clock as well, which runs while the steered one stands.
// A request id whose last owner is closed goes back to an earlier one that late money found.
storeModel({ test, rig, earlyMs: 10_000, renames: true, ...modelSettings(process.env) })

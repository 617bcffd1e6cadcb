import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { type RedisServer, startLossyProxy, startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountForLoss, judgeLoss, judgeTrouble } from '../src/judgeFaults.ts'
import { BUYERS, dispose, type FaultScene, sellThroughFaults } from '../src/sellThroughFaults.ts'
import { sharedServers } from '../src/servers.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

const lasting = { appendonly: true, appendfsync: 'always' } as const

/** Ways to lose what was acknowledged. */
const losses = {
  'appendfsync everysec, the machine loses power': async (): Promise<FaultScene> => {
    const server = await startRedis({ appendonly: true, appendfsync: 'everysec' })
    return {
      ...dispose(server),
      ...at(server.url),
      async fail(sold, { served }) {
        await sold(1)
        const written = statSync(findLog(server)).size
        await served(8)
        await server.kill()
        // What had not reached the disk by then.
        truncateSync(findLog(server), written)
        await server.restart()
      },
    }
  },
  'appendonly no, the server is killed': async (): Promise<FaultScene> => {
    const server = await startRedis()
    return {
      ...dispose(server),
      ...at(server.url),
      async fail(sold) {
        await sold(25)
        await server.kill()
        await server.restart()
      },
    }
  },
  'a stale replica is promoted': async (): Promise<FaultScene> => {
    const primary = await startRedis(lasting)
    const wire = await startLossyProxy(primary)
    const replica = await startRedis({ ...lasting, replicaOf: wire })
    const target = { port: primary.port }
    const front = await startLossyProxy(target)
    return {
      ...dispose(front, wire, primary, replica),
      ...at(`redis://127.0.0.1:${front.port}`),
      async fail(sold, { served }) {
        await sold(1)
        wire.cutAll()
        await wire.stop()
        await served(8)
        await primary.kill()
        await replica.promote()
        target.port = replica.port
      },
    }
  },
  'FLUSHALL in the middle': async (): Promise<FaultScene> => {
    const server = await startRedis(lasting)
    return {
      ...dispose(server),
      ...at(server.url),
      async fail(sold) {
        await sold(25)
        await ask(server, (redis) => redis.flushall())
      },
    }
  },
} as const

/** Ways to fail without losing anything that was acknowledged. */
const troubles = {
  'maxmemory is reached for a while': async (): Promise<FaultScene> => {
    const server = await startRedis(lasting)
    const limit = (to: string) =>
      ask(server, (redis) => redis.config('SET', 'maxmemory', to) as Promise<unknown>)
    return {
      ...dispose(server),
      ...at(server.url),
      async fail(sold) {
        for (const count of [6, 20, 35]) {
          await sold(count)
          await limit('1mb')
          await new Promise((done) => setTimeout(done, 400))
          await limit('0')
        }
      },
    }
  },
  'the wire cuts, delays and loses replies': async (): Promise<FaultScene> => {
    const server = await startRedis(lasting)
    const wire = await startLossyProxy(server)
    return {
      ...dispose(wire, server),
      ...at(`redis://127.0.0.1:${wire.port}`),
      async fail(sold) {
        for (let count = 2; count <= BUYERS; count += 4) {
          await sold(count)
          await Promise.race([wire.loseNextReply(), sold(BUYERS)])
          wire.delayReplies((count * 7) % 60)
          await sold(count + 2)
          wire.cutAll()
        }
        wire.delayReplies(0)
      },
    }
  },
} as const

test.each(Object.entries(losses))(
  '%s: no refund is made twice or for goods, and no payment stays unknown',
  async (name, open) => {
    await using scene = await open()
    await using run = await sellThroughFaults(sandbox, { patienceMs: 4_000, ...scene })
    const lost = await accountForLoss(run)
    await judgeLoss(name, run, lost)
    expect(lost.lostRecords + lost.wentBack, 'something was lost').toBeGreaterThan(0)
  },
  60_000,
)

test.each(Object.entries(troubles))(
  '%s: nothing acknowledged is lost, and everybody has the goods or the money',
  async (name, open) => {
    await using scene = await open()
    await using run = await sellThroughFaults(sandbox, { patienceMs: 30_000, ...scene })
    await judgeTrouble(name, run)
    expect(run.figures.impatient, 'buyers who were never told').toBe(0)
  },
  60_000,
)

/** The scene's own server. */
function at(url: string) {
  return { store: 'redis' as const, servers: { ...sharedServers, redisUrl: async () => url } }
}

/** The file that grows with every write. */
function findLog({ directory }: RedisServer): string {
  const folder = join(directory, 'appendonlydir')
  const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'))
  return join(folder, `${name}`)
}

async function ask(
  server: RedisServer,
  question: (redis: Redis) => Promise<unknown>,
): Promise<void> {
  const redis = new Redis(server.url)
  await question(redis)
  redis.disconnect()
}

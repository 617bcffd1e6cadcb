import { RedisChallengeStore } from '@key0/store-redis'
import { startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import { createWriteReader } from '../redis/readWrites.ts'
import { fillRedis, firstSequence } from './fillRedis.ts'
import type { Scenes, Sizes } from './scan.ts'
import { assertCopied, buy, marker, mintTemplate } from './template.ts'

/** Four prefixes on one server. */
export async function openRedisScenes(sizes: Sizes, say: (text: string) => void): Promise<Scenes> {
  const server = await startRedis({ appendonly: true, appendfsync: 'no' })
  const redis = new Redis(server.url)
  const readWrites = createWriteReader(server)
  const open = (keyPrefix: string): RedisChallengeStore =>
    new RedisChallengeStore({ redis, keyPrefix })
  const templates = new Map<string, ReturnType<typeof readWrites>[number]>()
  for (const name of ['small', 'large']) {
    await redis.set(`${name}:sequence`, String(firstSequence))
    readWrites()
    await buy(open(name), mintTemplate(marker))
    templates.set(name, readWrites().flat())
  }
  // Nobody reads the file any more, and it would grow to gigabytes.
  await redis.config('SET', 'appendonly', 'no')
  for (const name of ['small', 'large'] as const) {
    // The template is one of them.
    const count = sizes[name] - 1
    const tell = (done: number): void => say(`filled ${done} of ${sizes[name]}`)
    await fillRedis(redis, templates.get(name) ?? [], count, tell)
    for (const number of [0, 1, count >> 1, count - 1]) await assertCopied(open(name), number)
  }
  return {
    ...{ small: open('small'), large: open('large') },
    ...{ alone: open('alone'), crowded: open('crowded') },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      await server.stop()
    },
  }
}

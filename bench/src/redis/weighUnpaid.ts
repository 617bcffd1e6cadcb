import { RedisChallengeStore } from '@key0/store-redis'
import { startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import { callers, mintPurchases, take, workThrough } from '../stores/purchases.ts'
import { readMemory } from './readServer.ts'

export type Weight = {
  readonly count: number
  /** Everything that the server has allocated for them, divided. */
  readonly bytes: number
  /** What `MEMORY USAGE` says of each kind of key, for each challenge. */
  readonly parts: readonly (readonly [name: string, bytes: number])[]
}

/** Fills a server with unpaid challenges and asks it what they take. */
export async function weighUnpaid(count: number): Promise<Weight> {
  await using server = await startRedis()
  const client = new Redis(server.url)
  try {
    const store = new RedisChallengeStore({ redis: client })
    const fill = (first: number, size: number): Promise<void> =>
      workThrough(mintPurchases(first, size), callers, (it) => take(store, 'create', it))
    await fill(0, 100)
    const before = await readMemory(client)
    await fill(100, count)
    const bytes = ((await readMemory(client)) - before) / count
    return { count, bytes, parts: await weighParts(client, count + 100) }
  } finally {
    client.disconnect()
  }
}

async function weighParts(client: Redis, count: number): Promise<Weight['parts']> {
  const sums = new Map<string, number>()
  let cursor = '0'
  do {
    const [next, keys] = await client.scan(cursor, 'COUNT', 5_000)
    cursor = next
    const sizes = await Promise.all(keys.map((key) => client.memory('USAGE', key, 'SAMPLES', 0)))
    for (const [at, key] of keys.entries()) {
      const kind = key
        .split(':')
        .slice(1, key.includes(':due:') ? 3 : 2)
        .join(':')
      sums.set(kind, (sums.get(kind) ?? 0) + (sizes[at] ?? 0))
    }
  } while (cursor !== '0')
  return [...sums]
    .map(([name, sum]) => [name, sum / count] as const)
    .filter(([, bytes]) => bytes >= 1)
    .sort(([, a], [, b]) => b - a)
}

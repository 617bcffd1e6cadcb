import type { Keys } from './keys.ts'
import { type RedisClient, type Run, toStoreError } from './ops/createRunner.ts'

/** Walks over all records by pages and indexes each; see `ops/adopt.lua`. */
export async function adoptRecords(
  redis: RedisClient,
  keys: Keys,
  run: Run,
  begin: readonly string[],
): Promise<number> {
  const start = keys.challenge('')
  const nodes = 'nodes' in redis ? redis.nodes('master') : [redis]
  let adopted = 0
  for (const node of nodes) {
    let cursor = '0'
    do {
      const page = await node
        .scan(cursor, 'MATCH', `${escapeGlob(start)}*`, 'COUNT', 500)
        .catch((error: unknown) => {
          throw toStoreError(error)
        })
      cursor = page[0]
      for (const key of page[1])
        adopted += Number(await run('adopt', [key], [...begin, key.slice(start.length)]))
    } while (cursor !== '0')
  }
  return adopted
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^]/g, '\\$&')
}

import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Write } from './readWrites.ts'

/** Sends the writes of one operation as one script that does nothing else. */
export type Raw = (writes: readonly Write[]) => Promise<void>

/**
 * The cheapest script that leaves the same bytes under the same keys: the commands one after the
 * other, every word an argument. It reads nothing, decides nothing and answers 1.
 */
export function createRaw(redis: Redis): Raw {
  const known = new Map<string, string>()
  return async (writes) => {
    const shape = writes.map((words) => `${words[0]}/${words.length}`).join(' ')
    let sha = known.get(shape)
    if (sha === undefined) {
      const source = toSource(writes)
      await redis.script('LOAD', source)
      sha = createHash('sha1').update(source).digest('hex')
      known.set(shape, sha)
    }
    await redis.evalsha(sha, 0, ...writes.flatMap((words) => words.slice(1)))
  }
}

function toSource(writes: readonly Write[]): string {
  let at = 0
  const lines = writes.map(([name = '', ...words]) => {
    const args = words.map(() => {
      at += 1
      return `ARGV[${at}]`
    })
    return `redis.call(${[`"${name.toUpperCase()}"`, ...args].join(', ')})`
  })
  return [...lines, 'return 1'].join('\n')
}

import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Write } from './readWrites.ts'

/** Sends the writes of one operation as one script that does nothing else. */
export type Raw = (writes: readonly Write[]) => Promise<void>

/**
 * The cheapest script that leaves the same bytes under the same keys: the commands one after the
 * other, every word an argument. It decides nothing.
 *
 * @param answer `one`: it reads nothing and answers 1. `record`: it answers the challenge's hash
 * whole, as the store must, unless it made it: then its caller has it already.
 */
export function createRaw(redis: Redis, answer: 'one' | 'record'): Raw {
  const known = new Map<string, string>()
  return async (writes) => {
    const shape = writes.map((words) => `${words[0]}/${words.length}`).join(' ')
    let sha = known.get(shape)
    if (sha === undefined) {
      const source = toSource(writes, answer === 'record')
      await redis.script('LOAD', source)
      sha = createHash('sha1').update(source).digest('hex')
      known.set(shape, sha)
    }
    await redis.evalsha(sha, 0, ...writes.flatMap((words) => words.slice(1)))
  }
}

function toSource(writes: readonly Write[], answersRecord: boolean): string {
  let at = 0
  let hash: string | undefined
  const lines = writes.map(([name = '', ...words]) => {
    const args = words.map(() => {
      at += 1
      return `ARGV[${at}]`
    })
    if (words[0]?.includes(':challenge:') && name.toUpperCase() === 'HSET') hash = args[0]
    return `redis.call(${[`"${name.toUpperCase()}"`, ...args].join(', ')})`
  })
  const isBorn = writes.some(
    (words) => words[0]?.toUpperCase() === 'HSET' && words.includes('requestId'),
  )
  const last = answersRecord && !isBorn ? `redis.call("HGETALL", ${hash})` : '1'
  return [...lines, `return ${last}`].join('\n')
}

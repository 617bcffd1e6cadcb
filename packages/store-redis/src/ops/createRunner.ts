import { createHash } from 'node:crypto'
import { Key0Error } from '@key0/core'
import type { Cluster, Redis } from 'ioredis'
import { composeScript } from './composeScript.ts'
import { type OperationName, operations } from './scripts.ts'

/** An ioredis client, of one server or of a cluster. */
export type RedisClient = Redis | Cluster

type Script = { readonly source: string; readonly sha: string }

/** Runs one operation; its Lua file says what the keys, arguments and answers are. */
export type Run = (
  name: OperationName,
  keys: readonly string[],
  args: readonly string[],
) => Promise<unknown>

const scripts = Object.fromEntries(
  Object.entries(operations).map(([name, body]) => {
    const source = composeScript(body)
    return [name, { source, sha: createHash('sha1').update(source).digest('hex') }]
  }),
) as Readonly<Record<OperationName, Script>>

/**
 * Runs operations by their digest, one round trip each. A server that does not know a script yet
 * (a new one, or one whose scripts were flushed) is sent the whole text, once.
 */
export function createRunner(redis: RedisClient): Run {
  return async (name, keys, args) => {
    const { source, sha } = scripts[name]
    const rest = [...keys, ...args]
    try {
      return await redis.evalsha(sha, keys.length, ...rest)
    } catch (error) {
      if (!isUnknownScript(error)) throw toStoreError(error)
    }
    try {
      return await redis.eval(source, keys.length, ...rest)
    } catch (error) {
      throw toStoreError(error)
    }
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** Whether it was done is not known; the same call again, with the same key, is harmless. */
export function toStoreError(cause: unknown): Key0Error {
  return new Key0Error('STORE_UNAVAILABLE', { cause })
}

/** A question to the server whose failure has our name. */
export async function asking<answer>(question: Promise<answer>): Promise<answer> {
  try {
    return await question
  } catch (error) {
    throw toStoreError(error)
  }
}

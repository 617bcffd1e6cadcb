import type { Redis } from 'ioredis'
import { toStoreError } from '../ops/createRunner.ts'

/** `undefined` when the server refuses to tell; one that does not answer is another matter. */
export async function askAppendfsync(node: Redis): Promise<string | undefined> {
  try {
    const answer = await node.config('GET', 'appendfsync')
    return Array.isArray(answer)
      ? (answer[1] as string | undefined)
      : (answer as Readonly<Record<string, string>>).appendfsync
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined
    throw toStoreError(error)
  }
}

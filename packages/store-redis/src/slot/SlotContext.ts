import type { ChallengeRecord, Clock, Outcome, Retention } from '@key0/core'
import { Key0Error } from '@key0/core'
import type { Redis } from 'ioredis'
import { createKeys, type Keys } from '../keys.ts'
import { asking, createRunner, type RedisClient, type Run } from '../ops/createRunner.ts'
import type { OperationName } from '../ops/scripts.ts'
import { toLifetimes, toOutcome } from '../scriptArguments.ts'

export type SlotOptions = {
  readonly redis: RedisClient
  /** With the hash tag that brings all its keys into one slot, on a cluster. */
  readonly prefix: string
  readonly retention: Retention
  /** 0: claims and request ids are kept elsewhere, because this is one shard of several. */
  readonly challengeTTLSeconds: number
  readonly waitForReplicas?: { readonly count: number; readonly timeoutMs: number } | undefined
  readonly clock?: Clock | undefined
}

/** What the operations of one slot share. */
export type SlotContext = {
  readonly redis: RedisClient
  readonly keys: Keys
  readonly run: Run
  readonly retention: Retention
  readonly clock: Clock | undefined
  /** The first three arguments of a script. */
  readonly begin: () => readonly [prefix: string, now: string, lifetimes: string]
  /** Runs a script that writes. */
  readonly write: (
    name: OperationName,
    keys: readonly string[],
    args: readonly string[],
    born?: (updatedAt: Date) => ChallengeRecord,
  ) => Promise<Outcome>
}

export function createSlotContext(options: SlotOptions): SlotContext {
  const { redis, prefix, retention, clock, challengeTTLSeconds } = options
  const lifetimes = toLifetimes({ ...retention, challengeTTLSeconds })
  const run = createRunner(redis)
  return {
    ...{ redis, run, retention, clock },
    keys: createKeys(prefix),
    begin: () => [prefix, clock === undefined ? '' : String(clock.nowMs()), lifetimes],
    async write(name, keys, args, born) {
      const outcome = toOutcome(await run(name, keys, args), born)
      if (outcome.kind === 'applied' || outcome.kind === 'replayed') await replicated(options)
      return outcome
    },
  }
}

/** Waits until enough replicas have what this connection wrote. */
async function replicated({ redis, waitForReplicas }: SlotOptions): Promise<void> {
  if (waitForReplicas === undefined) return
  const { count, timeoutMs } = waitForReplicas
  const reached = await asking((redis as Redis).wait(count, timeoutMs))
  if (reached < count)
    throw new Key0Error('STORE_UNAVAILABLE', {
      facts: { expected: `${count} replicas`, found: String(reached) },
    })
}

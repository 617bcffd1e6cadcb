import { randomUUID } from 'node:crypto'
import { Key0Error } from '@key0/core'
import { choosePrefix } from './keys.ts'
import { asking, type RedisClient } from './ops/createRunner.ts'

export type WalletLockOptions = {
  readonly redis: RedisClient
  /** Default `key0`. */
  readonly keyPrefix?: string
  /** How long a holder that died keeps others waiting at most; default 60 s. */
  readonly leaseMs?: number
  /** How often a waiting process looks; default 200 ms. */
  readonly pollMs?: number
  /** How long it waits for its turn; default 30 s. */
  readonly maxWaitMs?: number
}

/** Takes turns with a wallet; `WalletLock` of `@key0/chain-evm` is this. */
export type RedisWalletLock = {
  readonly hold: <result>(address: string, work: () => Promise<result>) => Promise<result>
}

/** KEYS: the lock, the mark of those who wait. ARGV: the holder. Tells whether somebody waits. */
const release = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return redis.call('EXISTS', KEYS[2])`

/**
 * Lets the processes that share a gas wallet take turns, by `{prefix}:gas-lock:{address}`: `SET NX`
 * with a lease, released by whoever set it and nobody else. Who waits leaves a mark, and a holder
 * that sees one when it ends lets others go first. Nothing but gas depends on it.
 *
 * `hold` throws OVERLOADED when its turn did not come in time, STORE_UNAVAILABLE when Redis does
 * not answer; `work` has not begun then.
 */
export function createWalletLock(options: WalletLockOptions): RedisWalletLock {
  const { redis, leaseMs = 60_000, pollMs = 200, maxWaitMs = 30_000 } = options
  const prefix = choosePrefix(redis, options.keyPrefix ?? 'key0')
  const lastTurns = new Map<string, number>()

  const take = async (key: string, holder: string): Promise<boolean> =>
    (await asking(redis.set(key, holder, 'PX', leaseMs, 'NX'))) === 'OK'

  const wait = async (key: string, holder: string): Promise<void> => {
    const startedAtMs = performance.now()
    // Others waited while we had our turn: the first look is theirs.
    const restMs = (lastTurns.get(key) ?? Number.NEGATIVE_INFINITY) + pollMs * 1.5 - startedAtMs
    if (restMs > 0) await sleep(restMs)
    while (!(await take(key, holder))) {
      const waitedMs = performance.now() - startedAtMs
      if (waitedMs >= maxWaitMs) {
        const reason = `another process holds it after ${Math.round(waitedMs)} ms`
        throw new Key0Error('OVERLOADED', { facts: { lock: key, reason } })
      }
      await asking(redis.set(`${key}:waiting`, '1', 'PX', pollMs * 2))
      await sleep(pollMs)
    }
    lastTurns.delete(key)
  }
  return {
    async hold(address, work) {
      const key = `${prefix}:gas-lock:${address.toLowerCase()}`
      const holder = randomUUID()
      await wait(key, holder)
      try {
        return await work()
      } finally {
        // What was not released ends with its lease.
        const waiting = await redis.eval(release, 2, key, `${key}:waiting`, holder).catch(() => 0)
        if (waiting === 1) lastTurns.set(key, performance.now())
      }
    },
  }
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

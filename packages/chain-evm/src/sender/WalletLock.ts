import type { Address } from '@key0/core'

/**
 * Lets the processes that share a gas wallet take turns. It saves gas and waiting; what is paid,
 * and that it is paid once, never depends on it, so that a lease may end under its holder.
 */
export type WalletLock = {
  /** Runs `work` while nobody else holds the wallet. Rejects when its turn never came. */
  readonly hold: <result>(address: Address, work: () => Promise<result>) => Promise<result>
}

/** The turn of this process did not come: nothing was signed. */
export class WalletBusy extends Error {
  override readonly name = 'WalletBusy'
}

/** What takes a gas nonce goes through here. */
export type Gate = {
  readonly enter: <result>(work: () => Promise<result>) => Promise<result>
  /** One after another: what is signed in between never leaves a gap in the gas nonces. */
  readonly inOrder: <result>(work: () => Promise<result>) => Promise<result>
}

/** A turn takes no more work after this long: others wait for theirs. */
const turnMs = 1_000

type Task = { readonly start: () => Promise<void>; readonly fail: (error: unknown) => void }

/** How a wallet is shared. It may have been used in this process before there was a lock for it. */
export type Sharing = { lock?: WalletLock }

/**
 * Everything that waits in this process shares a turn. `begin` runs first in each: another process
 * may have used gas nonces since the last.
 */
export function createGate(sharing: Sharing, address: Address, begin: () => Promise<void>): Gate {
  const waiting: Task[] = []
  let take: ((task: Task) => void) | undefined
  let isTurning = false

  const turn = async (): Promise<void> => {
    await begin()
    await new Promise<void>((end) => {
      const endsAtMs = performance.now() + turnMs
      let running = 0
      const run = (task: Task): void => {
        running += 1
        void task.start().finally(() => {
          running -= 1
          if (running > 0) return
          take = undefined
          end()
        })
      }
      take = (task) => {
        if (performance.now() < endsAtMs) run(task)
        else waiting.push(task)
      }
      for (const task of waiting.splice(0)) run(task)
    })
  }
  const takeTurns = async (lock: WalletLock): Promise<void> => {
    isTurning = true
    while (waiting.length > 0) {
      try {
        await lock.hold(address, turn)
      } catch (error) {
        for (const { fail } of waiting.splice(0)) fail(error)
      }
    }
    isTurning = false
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    enter: async (work) => {
      const { lock } = sharing
      if (!lock) return await work()
      return await new Promise((resolve, reject) => {
        const start = async (): Promise<void> => await work().then(resolve, reject)
        const fail = (cause: unknown): void => {
          const why = cause instanceof Error ? cause.message : 'unknown'
          reject(new WalletBusy(`the gas wallet could not be had: ${why}`, { cause }))
        }
        const task = { start, fail }
        if (take) return take(task)
        waiting.push(task)
        if (!isTurning) void takeTurns(lock)
      })
    },
    inOrder: async (work) => {
      if (!sharing.lock) return await work()
      const turn = last.then(work, work)
      last = turn.catch(() => undefined)
      return await turn
    },
  }
}

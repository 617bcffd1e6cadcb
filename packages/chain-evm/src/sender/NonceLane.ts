/**
 * Which gas nonces of an account are ours to use. Nothing is sent here; the sender tells what
 * became of each.
 */
export type NonceLane = {
  /** The lowest nonce that was given back, or the next one. */
  readonly take: () => Promise<number>
  /** Returns a nonce whose transaction provably never left the process. */
  readonly giveBack: (nonce: number) => void
  /** The account turned out to be further: nonces below `count` are gone. */
  readonly advance: (count: number) => void
  /** The next nonce that was never handed out; `undefined` before the first. */
  readonly next: () => number | undefined
  /** Nonces given back that later ones wait for. */
  readonly holes: () => readonly number[]
  /** Takes this very nonce, for a transaction that already has it or to fill a hole. */
  readonly claim: (nonce: number) => void
}

export function createNonceLane(readCount: () => Promise<number>): NonceLane {
  let next: number | undefined
  let loading: Promise<number> | undefined
  let free: number[] = []

  const load = async (): Promise<void> => {
    if (next !== undefined) return
    loading ??= readCount()
    try {
      const count = await loading
      next ??= count
    } finally {
      loading = undefined
    }
  }
  return {
    take: async () => {
      await load()
      const hole = free.shift()
      if (hole !== undefined) return hole
      const nonce = next ?? 0
      next = nonce + 1
      return nonce
    },
    giveBack: (nonce) => {
      free = [...free, nonce].sort((a, b) => a - b)
      // At the end of the lane nothing waits for it: the lane is simply shorter again.
      while (next !== undefined && free.at(-1) === next - 1) {
        free.pop()
        next -= 1
      }
    },
    advance: (count) => {
      if (next === undefined || next < count) next = count
      free = free.filter((nonce) => nonce >= count)
    },
    next: () => next,
    holes: () => free,
    claim: (nonce) => {
      free = free.filter((it) => it !== nonce)
      if (next === undefined) return
      for (; next <= nonce; next += 1) if (next < nonce) free.push(next)
    },
  }
}

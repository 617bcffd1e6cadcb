import type { Hash, Hex } from '@key0/core'
import { keccak256, parseTransaction } from 'viem'
import type { Rpc } from '../rpc/Rpc.ts'
import { broadcast } from './broadcast.ts'
import type { Fees } from './fees.ts'
import type { NonceLane } from './NonceLane.ts'
import type { SentTransaction } from './Sender.ts'

/**
 * Keeps a lane moving while transactions are in flight: what pools lost is broadcast again as it
 * was, a nonce that nobody uses is filled with a transfer of nothing to oneself, and a
 * transaction that blocks all others gives way. None of this can move money twice: what a
 * carrier carries is executed once, by its own nonce in the token.
 */
export type Upkeep = {
  readonly taken: (gasNonce: number) => void
  /** Forgets a nonce; false when it was meanwhile given to a filler. */
  readonly release: (gasNonce: number) => boolean
  readonly sent: (transaction: SentTransaction) => void
  /** Reads the account's count and moves the lane behind it. */
  readonly resync: () => Promise<void>
  readonly list: () => readonly { readonly gasNonce: number; readonly txHash: Hash }[]
  readonly close: () => void
}

type Options = {
  readonly rpc: Rpc
  readonly nonces: NonceLane
  readonly readCount: (tag: 'latest' | 'pending') => Promise<number>
  /** Whether other processes send from this account too. */
  readonly isShared: () => boolean
  /** Signs a transfer of nothing to oneself. */
  readonly fill: (gasNonce: number, before?: Fees) => Promise<Hex>
}

/** `rawTransaction` is absent from the taking of the nonce until the transaction is journalled. */
type Slot = { rawTransaction?: Hex; readonly takenAtMs: number; sentAtMs: number }

const tickMs = 2_000
const rebroadcastAfterMs = 6_000
const giveWayAfterMs = 45_000
/** A gap of another process that shares the wallet is its own to close, for this long. */
const foreignGapMs = 15_000
const remembered = 256

export function createUpkeep(options: Options): Upkeep {
  const { nonces, readCount } = options
  const slots = new Map<number, Slot>()
  /** Bytes of mined transactions, in case a reorganisation takes them out again. */
  const history = new Map<number, Hex>()
  const gaps = new Map<number, number>()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const settle = (count: number): void => {
    for (const [gasNonce, { rawTransaction }] of slots) {
      if (gasNonce >= count) continue
      slots.delete(gasNonce)
      if (rawTransaction) history.set(gasNonce, rawTransaction)
    }
    for (const gasNonce of gaps.keys()) if (gasNonce < count) gaps.delete(gasNonce)
    for (const gasNonce of history.keys()) {
      if (gasNonce < count - remembered) history.delete(gasNonce)
    }
    nonces.advance(count)
  }
  const tick = async (): Promise<void> => {
    try {
      const count = await readCount('latest')
      settle(count)
      await tend(options, { slots, history, gaps, count })
    } catch {
      // The chain could not be asked; the next tick asks again.
    }
    schedule()
  }
  const schedule = (): void => {
    if (timer || isClosed || slots.size + nonces.holes().length === 0) return
    timer = setTimeout(() => {
      timer = undefined
      void tick()
    }, tickMs)
    timer.unref()
  }
  return {
    taken: (gasNonce) => {
      const now = performance.now()
      slots.set(gasNonce, { takenAtMs: now, sentAtMs: now })
      schedule()
    },
    release: (gasNonce) => {
      const slot = slots.get(gasNonce)
      if (!slot || slot.rawTransaction) return false
      slots.delete(gasNonce)
      schedule()
      return true
    },
    sent: ({ gasNonce, rawTransaction }) => {
      const now = performance.now()
      slots.set(gasNonce, { rawTransaction, takenAtMs: now, sentAtMs: now })
      schedule()
    },
    resync: async () => nonces.advance(await readCount('pending')),
    list: () =>
      [...slots].flatMap(([gasNonce, { rawTransaction }]) =>
        rawTransaction ? { gasNonce, txHash: keccak256(rawTransaction) } : [],
      ),
    close: () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

type State = {
  readonly slots: Map<number, Slot>
  readonly history: ReadonlyMap<number, Hex>
  /** Nonces that nobody here took and no pool has, by when they were first missed. */
  readonly gaps: Map<number, number>
  readonly count: number
}

async function tend(options: Options, state: State): Promise<void> {
  const { rpc, nonces, fill } = options
  const { slots, history, count } = state
  const now = performance.now()
  const highest = Math.max(...[...slots].flatMap(([it, slot]) => (slot.rawTransaction ? it : [])))
  const put = async (gasNonce: number, rawTransaction: Hex): Promise<void> => {
    slots.set(gasNonce, { rawTransaction, takenAtMs: now, sentAtMs: now })
    await broadcast(rpc, rawTransaction)
  }
  for (let gasNonce = count; gasNonce <= highest; gasNonce += 1) {
    const slot = slots.get(gasNonce)
    const isOld = slot !== undefined && now - slot.takenAtMs > giveWayAfterMs
    if (!slot) {
      const isOurs = history.has(gasNonce) || nonces.holes().includes(gasNonce)
      if (!isOurs && !(await isMissing(options, state, gasNonce))) continue
      // Given back, or taken out of the chain again. Later transactions wait for it.
      nonces.claim(gasNonce)
      await put(gasNonce, history.get(gasNonce) ?? (await fill(gasNonce)))
    } else if (!slot.rawTransaction) {
      // Still being journalled. A journal that hangs must not hold up everybody else.
      if (isOld) await put(gasNonce, await fill(gasNonce))
    } else if (isOld && gasNonce === count) {
      await put(gasNonce, await fill(gasNonce, readFeesOf(slot.rawTransaction)))
    } else if (now - slot.sentAtMs > rebroadcastAfterMs) {
      slot.sentAtMs = now
      await broadcast(rpc, slot.rawTransaction)
    }
  }
}

/** Whether a nonce of another process has been in no pool for so long that it must have ended. */
async function isMissing(
  { readCount, isShared }: Options,
  { gaps }: State,
  gasNonce: number,
): Promise<boolean> {
  if ((await readCount('pending')) > gasNonce) {
    gaps.delete(gasNonce)
    return false
  }
  // A wallet of our own has no gaps of others: a node said that a nonce was used which was not.
  if (!isShared()) return true
  const now = performance.now()
  const since = gaps.get(gasNonce) ?? now
  gaps.set(gasNonce, since)
  return now - since > foreignGapMs
}

function readFeesOf(rawTransaction: Hex): Fees {
  const { maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(rawTransaction)
  return { maxFeePerGas, maxPriorityFeePerGas }
}

import { SandboxError } from '../SandboxError.ts'
import type { RpcCall, RpcEffect } from './RpcRule.ts'

/** A call that came in, and what became of it. */
export type RecordedCall = RpcCall & {
  /** Milliseconds since the epoch. */
  readonly receivedAtMs: number
  readonly inBatch: boolean
  /** The faults that struck it, in order. */
  readonly effects: readonly RpcEffect['kind'][]
  /** `open` until the node has answered (`forwarded`) or a fault kept it away (`refused`). */
  readonly fate: 'open' | 'forwarded' | 'refused'
}

export type WaitOptions = {
  /** Which call of the method since the log was last cleared. Default 1, the first. */
  readonly nth?: number
  /** `received`, or `settled`: executed by the node or refused. Default `received`. */
  readonly until?: 'received' | 'settled'
  /** Default 10,000. */
  readonly timeoutMs?: number
}

type Entry = RpcCall & {
  readonly receivedAtMs: number
  readonly inBatch: boolean
  effects: readonly RpcEffect['kind'][]
  fate: RecordedCall['fate']
}

export type CallLog = {
  readonly entries: () => readonly RecordedCall[]
  readonly clear: () => void
  readonly add: (call: RpcCall, inBatch: boolean) => Entry
  readonly settle: (entry: Entry, fate: 'forwarded' | 'refused') => void
  readonly wait: (method: string, options: WaitOptions) => Promise<RecordedCall>
}

export function createCallLog(): CallLog {
  let entries: Entry[] = []
  const waiting = new Set<() => void>()
  const announce = (): void => {
    for (const check of [...waiting]) check()
  }
  return {
    entries: () => entries.map((entry) => ({ ...entry })),
    clear: () => {
      entries = []
    },
    add: (call, inBatch) => {
      const entry: Entry = { ...call, receivedAtMs: Date.now(), inBatch, effects: [], fate: 'open' }
      entries.push(entry)
      announce()
      return entry
    },
    settle: (entry, fate) => {
      entry.fate = fate
      announce()
    },
    wait: async (method, { nth = 1, until = 'received', timeoutMs = 10_000 }) =>
      await new Promise((resolve, reject) => {
        const find = (): Entry | undefined =>
          entries.filter(
            (it) => it.method === method && (until === 'received' || it.fate !== 'open'),
          )[nth - 1]
        const timer = setTimeout(() => {
          waiting.delete(check)
          const seen = entries.filter((it) => it.method === method).length
          reject(
            new SandboxError(
              'call_timeout',
              `call ${nth} of ${method} is not ${until}: ${seen} came in`,
            ),
          )
        }, timeoutMs)
        const check = (): void => {
          const found = find()
          if (!found) return
          clearTimeout(timer)
          waiting.delete(check)
          resolve({ ...found })
        }
        waiting.add(check)
        check()
      }),
  }
}

import { type Clock, Key0Error } from '@key0/core'
import { decodeContinuity, type WitnessCell } from '@key0/core/local'
import type { Redis } from 'ioredis'
import type { Keys } from '../keys.ts'
import { asking, type RedisClient, type Run } from '../ops/createRunner.ts'
import { askAppendfsync } from './askAppendfsync.ts'
import { type EngineMark, nextLineage, readMark } from './lineage.ts'
import { parseInfo } from './parseInfo.ts'

export type WitnessOptions = {
  readonly redis: RedisClient
  readonly keys: Keys
  readonly run: Run
  readonly clock: Clock | undefined
}

/** What one look at the witness's own server finds, in one step. */
export type WitnessReading = {
  readonly stored: string | undefined
  readonly highestEvent: number
  readonly nowMs: number
  readonly info: Readonly<Record<string, string>>
}

/**
 * The witness of a store whose data is all in one place, and so went back together if it did. One
 * cell is for one beat: it swaps only on the server that it read.
 */
export function createWitnessCell(options: WitnessOptions): WitnessCell {
  let mark: EngineMark | undefined
  return {
    async read() {
      const { info, ...reading } = await readWitness(options)
      mark = readMark(info, await askAppendfsync(await findNode(options.redis, info.run_id ?? '')))
      const { stored } = reading
      const before = stored === undefined ? undefined : decodeContinuity(stored).lineage
      return { ...reading, lineage: nextLineage([mark], before) }
    },
    swap: (before, after) => swapWitness(options, mark, before, after),
  }
}

export async function readWitness(options: WitnessOptions): Promise<WitnessReading> {
  const { keys, run, clock } = options
  const answer = await run('witnessRead', [keys.witness, keys.sequence], [])
  const [text, sequence, seconds, microseconds, info] = answer as readonly [
    string,
    string,
    string,
    string,
    string,
  ]
  return {
    stored: text === '' ? undefined : text,
    highestEvent: Number(sequence),
    nowMs: clock?.nowMs() ?? Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000),
    info: parseInfo(info),
  }
}

/** Writes the witness on the very server that was read, if it is still what it was. */
export async function swapWitness(
  { keys, run }: WitnessOptions,
  mark: EngineMark | undefined,
  before: string | undefined,
  after: string,
): Promise<boolean> {
  const args = [before ?? '', after, mark?.runId ?? '', mark?.promotion ?? '']
  return (await run('witnessSwap', [keys.witness], args)) === 1
}

/** The connection to the server of that run id: of a cluster's nodes only one has the data. */
async function findNode(redis: RedisClient, runId: string): Promise<Redis> {
  if (!('nodes' in redis)) return redis
  const nodes = redis.nodes('master')
  const infos = await Promise.all(nodes.map((node) => asking(node.info('server'))))
  const found = nodes.find((_, i) => parseInfo(infos[i] ?? '').run_id === runId)
  if (found) return found
  throw new Key0Error('STORE_UNAVAILABLE', { facts: { expected: 'the node that answered' } })
}

import type { Continuity } from '@key0/core'
import { decodeContinuity, encodeContinuity, type WitnessCell } from '@key0/core/local'
import type { Cluster, Redis } from 'ioredis'
import { askAppendfsync } from '../continuity/askAppendfsync.ts'
import { readWitness, swapWitness, type WitnessOptions } from '../continuity/createWitnessCell.ts'
import { type EngineMark, nextLineage, readMark } from '../continuity/lineage.ts'
import { parseInfo } from '../continuity/parseInfo.ts'
import { asking } from '../ops/createRunner.ts'
import type { Shard } from './ShardedContext.ts'

export type ShardedWitnessOptions = WitnessOptions & {
  readonly shards: readonly Shard[]
  /** Gives every event its place in the common stream, whose sequence then counts them all. */
  readonly carryAll: () => Promise<void>
}

/**
 * The witness over shards, any of which may go back without the others. Each shard is told until
 * when the store was alive, before the witness is: so a shard that says less than the witness went
 * back, and says until when it is still whole. Payment claims are in all slots, so the lineage is
 * that of all nodes. One cell is for one beat.
 */
export function createShardedWitness(options: ShardedWitnessOptions): WitnessCell {
  const { redis, shards, carryAll } = options
  let stored: string | undefined
  let known: Continuity | undefined
  let own: EngineMark | undefined
  let wentBack = false

  const markAll = async (atLeast: string, aliveAt: Date): Promise<boolean> => {
    const args = [atLeast, `${aliveAt.getTime()}`]
    const marked = shards.map(({ run, keys }) => run('shardMark', [keys.witness], args))
    return (await Promise.all(marked)).every((answer) => answer === 1)
  }

  return {
    async read() {
      await carryAll()
      const { info, ...reading } = await readWitness(options)
      // Shards are told first, so they are asked last.
      const told = await Promise.all(shards.map(({ keys }) => asking(redis.get(keys.witness))))
      const marks = await Promise.all((redis as Cluster).nodes('master').map(askMark))
      stored = reading.stored
      known = stored === undefined ? undefined : decodeContinuity(stored)
      own = readMark(info, undefined)
      const aliveAtMs = known?.aliveAt.getTime() ?? Number.NEGATIVE_INFINITY
      const behind = told.filter((each) => known !== undefined && Number(each ?? -1) < aliveAtMs)
      wentBack = behind.length > 0
      const wholeUntilMs = Math.min(aliveAtMs, ...behind.filter((it) => it !== null).map(Number))
      return {
        ...reading,
        stored: known && encodeContinuity({ ...known, aliveAt: new Date(wholeUntilMs) }),
        lineage: nextLineage(marks, known?.lineage, wentBack ? reading.nowMs : undefined),
      }
    },

    async swap(_before, after) {
      const { aliveAt } = decodeContinuity(after)
      if (wentBack)
        return (await swapWitness(options, own, stored, after)) && (await markAll('', aliveAt))
      const atLeast = known === undefined ? '' : `${known.aliveAt.getTime()}`
      return (await markAll(atLeast, aliveAt)) && swapWitness(options, own, stored, after)
    },
  }
}

async function askMark(node: Redis): Promise<EngineMark> {
  const info = parseInfo(await asking(node.info()))
  return readMark(info, await askAppendfsync(node))
}

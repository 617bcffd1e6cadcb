import { Key0Error } from '@key0/core'
import type { Context } from './Context.ts'

/**
 * The last block before an instant (Unix seconds), 0 when there is none. Searched from the newest
 * block in growing steps back and then by halves: about twenty questions for a day, thirty for a
 * year.
 */
export async function findBlockBefore({ blocks }: Context, time: bigint): Promise<bigint> {
  const timeOf = async (number: bigint): Promise<bigint> => {
    const block = await blocks.byNumber(number)
    // A node that does not know an old block must not be taken for a chain that began later.
    if (!block) throw new Key0Error('CHAIN_UNREACHABLE', { cause: new Error(`no block ${number}`) })
    return block.time
  }
  const head = await blocks.latest()
  if (head.time < time) return head.number
  let after = head.number
  let before = after
  for (let step = 1n; before > 0n; step *= 2n) {
    before = after > step ? after - step : 0n
    if ((await timeOf(before)) < time) break
    if (before === 0n) return 0n
    after = before
  }
  while (after - before > 1n) {
    const middle = (after + before) / 2n
    if ((await timeOf(middle)) < time) before = middle
    else after = middle
  }
  return before
}

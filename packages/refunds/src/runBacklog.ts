import type { RefundContext } from '@key0/core'
import type { RefundResult } from './RefundResult.ts'
import { beginPass, type PassOptions } from './runRefunds.ts'

/** No pass begins later than this after the first, so that a worker can be stopped. */
const MOST_MS = 30_000

/** How many passes may wait for their blocks at one time. */
const MOST_PASSES = 20

/**
 * Passes one after another for as long as there is more to begin. The next begins as soon as the
 * one before has sent what it took on: none of them waits for another's blocks.
 */
export async function runBacklog(
  ctx: RefundContext,
  options: PassOptions = {},
): Promise<readonly RefundResult[]> {
  const endsAtMs = ctx.clock.nowMs() + MOST_MS
  const inHand = new Set<string>()
  const passes: Promise<readonly RefundResult[]>[] = []
  const next = async (): Promise<boolean> => {
    const pass = await beginPass(ctx, options, inHand)
    // Whoever fails is told of below.
    pass.done.catch(() => undefined)
    passes.push(pass.done)
    await passes.at(-MOST_PASSES)
    return pass.isFull && ctx.clock.nowMs() < endsAtMs
  }
  try {
    let hasMore = true
    while (hasMore) hasMore = await next()
  } finally {
    await Promise.allSettled(passes)
  }
  return (await Promise.all(passes)).flat()
}

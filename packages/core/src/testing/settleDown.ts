import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { claimRefund } from '../usecases/claimRefund.ts'
import { continueRefund } from '../usecases/continueRefund.ts'
import { findFence } from '../usecases/findFence.ts'
import type { RefundContext } from '../usecases/RefundContext.ts'
import { recover } from '../usecases/recover.ts'
import type { TestProcess, TestWorld } from './createTestContext.ts'

/** Every challenge a store knows, read through its event stream. */
export async function listRecords(
  world: Pick<TestWorld, 'store'>,
): Promise<readonly ChallengeRecord[]> {
  const entries = await world.store.events(0, 1_000_000)
  const ids = [...new Set(entries.map(({ challengeId }) => challengeId))]
  const records = await Promise.all(ids.map((id) => world.store.get(id)))
  return records.filter((record) => record !== undefined)
}

/** Whether a record asks nothing more of any worker: terminal, given up, or held. */
export function isSettled(record: ChallengeRecord): boolean {
  if (record.held !== undefined) return true
  if (record.state === 'DELIVERED') return record.paymentFinal !== false
  return ['REFUNDED', 'REFUND_FAILED', 'EXPIRED', 'CANCELLED'].includes(record.state)
}

/** One pass of a refund worker: what is under way goes on, what is old enough is claimed. */
export async function refundPass(ctx: RefundContext, minAgeMs: number = 300_000): Promise<void> {
  const nowMs = ctx.clock.nowMs()
  const underWay = await ctx.store.due(new Date(nowMs), 100, 'REFUND_PENDING')
  for (const record of underWay) await attempt(async () => void (await continueRefund(ctx, record)))
  const fence = await findFence(ctx)
  const eligible = await ctx.store.findPendingForRefund(new Date(nowMs - minAgeMs), 100)
  for (const record of eligible)
    await attempt(async () => {
      const claimed = await claimRefund(ctx, record, fence)
      if (claimed.kind === 'claimed') await continueRefund(ctx, claimed.record)
    })
}

/**
 * Lets time pass and workers work until nothing is left to do: blocks are mined, recovery and
 * refunds run, dead processes are replaced. Returns what is still not settled after `rounds`.
 */
export async function settleDown(
  world: TestWorld,
  start: () => TestProcess,
  options: { readonly rounds?: number; readonly stepMs?: number } = {},
): Promise<readonly ChallengeRecord[]> {
  const { rounds = 40, stepMs = 120_000 } = options
  let worker = start()
  for (let round = 0; round < rounds; round += 1) {
    const open = (await listRecords(world)).filter((record) => !isSettled(record))
    if (open.length === 0) return []
    world.clock.advance(stepMs)
    world.ledger.mine(3)
    for (const work of [
      () => recover(worker.ctx, { limit: 100 }),
      () => refundPass(worker.refunds, worker.ctx.settings.refundMinAgeMs),
    ]) {
      if (worker.dead) worker = start()
      await attempt(async () => void (await work()))
    }
  }
  return (await listRecords(world)).filter((record) => !isSettled(record))
}

/** A worker's loop outlives whatever one piece of work throws. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch {
    // The next round tries again.
  }
}

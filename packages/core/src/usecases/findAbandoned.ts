import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { invariant } from '../errors/invariant.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import { load } from './close.ts'
import type { EngineContext } from './EngineContext.ts'
import { sight } from './evidence.ts'

// An intent nobody submitted within this time was left behind by a process that died.
const UNSENT_MS = 3_000

/**
 * The record, if its authorization is to be submitted by us now: nobody did for a while. What was
 * never submitted is waited for, because whoever stored it may be about to.
 */
export async function findAbandoned(
  ctx: EngineContext,
  record: ChallengeRecord,
  waitMs: number,
): Promise<ChallengeRecord | undefined> {
  const { intent, challengeId } = record
  invariant(intent, 'only an intent is submitted')
  const { resubmitAfterMs, finality } = ctx.settings
  const last = intent.submissions.at(-1)
  const patienceMs = last ? resubmitAfterMs : Math.min(UNSENT_MS, resubmitAfterMs)
  const restMs = (last?.atMs ?? intent.createdAtMs) + patienceMs - ctx.clock.nowMs()
  if (restMs > (last ? 0 : waitMs)) return undefined
  // Somebody may have brought it to the chain already: a look is cheaper than a second carrier.
  const look = { finality: finality.payment, waitMs: Math.max(0, restMs) }
  if ((await sight(ctx, record, look)).kind !== 'unused') return undefined
  if (restMs <= 0) return record
  const latest = await load(ctx, challengeId)
  const same = hasOpenIntent(latest) && latest.intent?.paymentRef === intent.paymentRef
  return same && latest.intent?.submissions.length === 0 ? latest : undefined
}

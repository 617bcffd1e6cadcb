import type { Continuity, Heartbeat, Remembered } from '../continuity/Continuity.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Observe } from '../ports/Events.ts'

/** What one process sees of its store's continuity, and remembers outside the store. */
export type ContinuityWatch = {
  /** A sign of life, at most every few seconds; in between what the last one found. */
  check(): Promise<Continuity>
  /** A sign of life that begins now or later; those who ask meanwhile share the next one. */
  beat(): Promise<Continuity>
  /** Tells the store what the chain said about its silence. */
  conclude(examined: NonNullable<Heartbeat['examined']>): Promise<Continuity>
}

const BEAT_EVERY_MS = 5_000

/**
 * No process of the deployment was alive for so long, or the store forgot that one was. Longer than
 * the pauses of a worker that beats alone, and shorter than the grace period before a refund.
 */
const QUIET_MS = 180_000

/** One per process and store: the gateway's and the worker's passes share it. */
export function watchContinuity(of: {
  readonly store: Pick<ChallengeStore, 'beat'>
  readonly clock: Clock
  readonly newId: () => string
  readonly observe: Observe
}): ContinuityWatch {
  let last: Continuity | undefined
  let lastId = ''
  let beatenAtMs = Number.NEGATIVE_INFINITY
  let running: Promise<unknown> = Promise.resolve()
  let next: Promise<Continuity> | undefined

  const beat = async (examined?: Heartbeat['examined']): Promise<Continuity> => {
    const remembered = last && { ...remember(last), beatId: lastId }
    const beatId = of.newId()
    const now = await of.store.beat({ beatId, quietMs: QUIET_MS, remembered, examined })
    beatenAtMs = of.clock.nowMs()
    last = now
    lastId = beatId
    const loss = now.break
    // Whoever noticed it says it: the others see a loss that ended before their own beat.
    if (loss && (loss.until.getTime() === now.aliveAt.getTime() || examined?.paymentsMissing))
      of.observe({ name: 'alert', what: `the store lost writes (${loss.cause}): refunds are held` })
    return now
  }
  // One that is under way may have looked before the caller's last write.
  const share = (): Promise<Continuity> => {
    next ??= running.then(() => {
      const begun = beat()
      next = undefined
      running = begun.catch(() => {})
      return begun
    })
    return next
  }
  return {
    beat: share,
    check: async () =>
      last && of.clock.nowMs() - beatenAtMs < BEAT_EVERY_MS ? last : await share(),
    conclude: (examined) => beat(examined),
  }
}

function remember({ deploymentId, highestEvent, aliveAt }: Continuity): Remembered {
  return { deploymentId, highestEvent, aliveAt }
}

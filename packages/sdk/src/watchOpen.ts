import { type Clock, createOpenCap, type EngineContext, type Observe } from '@key0/core'
import type { SellerConfig } from './SellerConfig.ts'

/** At 900 s of life, 55 prices asked a second of which none is paid; about 80 MB in Redis. */
const MAX_OPEN = 50_000
const TELL_EVERY_MS = 60_000

/**
 * Caps what waits to be paid, and tells the seller when somebody is refused for it: once a minute,
 * because whoever floods does so thousands of times.
 *
 * @throws CONFIG_INVALID for limits that are none
 */
export function watchOpen(
  { maxOpenChallenges = { total: MAX_OPEN } }: Pick<SellerConfig, 'maxOpenChallenges'>,
  clock: Clock,
  tell: Observe,
): Required<Pick<EngineContext, 'openCap' | 'observe'>> {
  const openCap = createOpenCap(clock, maxOpenChallenges)
  let toldAtMs = Number.NEGATIVE_INFINITY
  return {
    openCap: {
      ...openCap,
      hasRoom(caller) {
        const hasRoom = openCap.hasRoom(caller)
        if (!hasRoom && clock.nowMs() - toldAtMs >= TELL_EVERY_MS) {
          toldAtMs = clock.nowMs()
          tell({ name: 'alert', what: 'too many offers wait to be paid: no new one is made' })
        }
        return hasRoom
      },
    },
    observe(event) {
      openCap.observe(event)
      tell(event)
    },
  }
}

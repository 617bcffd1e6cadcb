import type { Continuity } from '@key0/core'
import { decodeContinuity, type WitnessCell } from '@key0/core/local'

/** What one process saw of its store, for its health check. It ends with the process. */
export type Memory = {
  keep(seen: Pick<Continuity, 'deploymentId' | 'highestEvent' | 'break'>): void
  /** What is wrong with the store as it is now, as sentences. */
  compare(now: Awaited<ReturnType<WitnessCell['read']>>): readonly string[]
}

export function createMemory(): Memory {
  let deploymentId: string | undefined
  let highestEvent = 0
  let lossBeforeUs: Date | undefined
  const keep: Memory['keep'] = (seen) => {
    // What was lost before this process began is dealt with, and no reason to be unhealthy.
    if (deploymentId === undefined) lossBeforeUs = seen.break?.until
    deploymentId ??= seen.deploymentId
    highestEvent = Math.max(highestEvent, seen.highestEvent)
  }
  return {
    keep,
    compare({ stored, lineage, highestEvent: reached }) {
      const now = stored === undefined ? undefined : decodeContinuity(stored)
      if (deploymentId !== undefined && now?.deploymentId !== deploymentId)
        return ['The data of this store is gone and was begun anew since this process started.']
      if (reached < highestEvent)
        return [`The store went back from event ${highestEvent} to ${reached}: writes were lost.`]
      highestEvent = reached
      if (!now) return []
      keep(now)
      const { break: loss } = now
      if (now.lineage !== lineage || (loss && loss.until > (lossBeforeUs ?? new Date(0))))
        return ['Redis failed over, was restarted or went back: acknowledged writes may be lost.']
      return []
    },
  }
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Clock } from '../ports/Clock.ts'
import type { EngineEvent } from '../ports/Events.ts'

/** How many challenges of one process may wait to be paid at once. */
export type OpenLimits = {
  readonly total: number
  /** Of one caller, where it is known who asks. Absent: as many as in total. */
  readonly perCaller?: number
}

/**
 * Counts the challenges that this process has made and that may still be paid. Asking for a price
 * costs nothing, so whoever asks and never pays must not fill the store.
 */
export type OpenCap = {
  /** False while as many are open as may be, in total or of this caller. */
  readonly hasRoom: (caller?: string) => boolean
  readonly opened: (challenge: ChallengeRecord, caller?: string) => void
  /** To be told what happens to challenges: one that is paid or closed is open no more. */
  readonly observe: (event: EngineEvent) => void
}

type Open = { readonly untilMs: number; readonly caller: string | undefined }

/**
 * Counts in memory, so that a refusal asks the store nothing. It may be exceeded by as many as are
 * being made at once.
 *
 * @throws CONFIG_INVALID for a limit that is no whole number above zero
 */
export function createOpenCap(clock: Clock, { total, perCaller = total }: OpenLimits): OpenCap {
  assertLimits({ total, perCaller })
  /** The first to end comes first: all of them live equally long. */
  const open = new Map<string, Open>()
  const callers = new Map<string, number>()
  const close = (id: string): void => {
    const caller = open.get(id)?.caller
    open.delete(id)
    if (caller === undefined) return
    const left = (callers.get(caller) ?? 0) - 1
    if (left > 0) callers.set(caller, left)
    else callers.delete(caller)
  }
  const forgetEnded = (): void => {
    const nowMs = clock.nowMs()
    for (const [id, { untilMs }] of open) {
      if (untilMs > nowMs) return
      close(id)
    }
  }
  return {
    hasRoom(caller) {
      forgetEnded()
      const theirs = caller === undefined ? 0 : (callers.get(caller) ?? 0)
      return open.size < total && theirs < perCaller
    },
    opened({ challengeId, expiresAt }, caller) {
      open.set(challengeId, { untilMs: expiresAt.getTime(), caller })
      if (caller !== undefined) callers.set(caller, (callers.get(caller) ?? 0) + 1)
    },
    observe(event) {
      if (event.name === 'challenge.paid' || event.name === 'challenge.closed')
        close(event.challenge.challengeId)
    },
  }
}

function assertLimits(limits: Required<OpenLimits>): void {
  const wrong = Object.entries(limits).filter(([, max]) => !Number.isSafeInteger(max) || max < 1)
  if (wrong.length === 0) return
  const names = wrong.map(([name]) => name).join(' and ')
  const facts = { maxOpenChallenges: `${names} must be a whole number above zero` }
  throw new Key0Error('CONFIG_INVALID', { facts })
}

import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Address } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Clock } from '../ports/Clock.ts'
import type { EngineEvent } from '../ports/Events.ts'

/** How many challenges of one process may wait to be paid at once. */
export type OpenLimits = {
  readonly total: number
  /** Of one caller, where it is known who asks. Absent: as many as in total. */
  readonly perCaller?: number
}

/** On whose account a challenge was made. */
export type Opening = {
  /** As whom the transport knows whoever asked. */
  readonly caller?: string
  /** Set when it was made for a payment that had been presented, and not for a question. */
  readonly payment?: {
    /** The challenge whose offer the payment took, where it named one. */
    readonly offered?: string
    /** Who can pay, where that was verified because there was no room: counted instead of `caller`. */
    readonly payer?: Address
  }
}

/**
 * Counts the challenges that this process has made and that may still be paid. Asking for a price
 * costs nothing, so whoever asks and never pays must not fill the store.
 */
export type OpenCap = {
  /** False while as many are open as may be, in total or of this caller. */
  readonly hasRoom: (caller?: string) => boolean
  /** The same, whatever the total, for somebody whose payment was verified. */
  readonly hasRoomToPay: (payer: Address) => boolean
  readonly opened: (challenge: ChallengeRecord, by?: Opening) => void
  /** To be told what happens to challenges: one that is paid or closed is open no more. */
  readonly observe: (event: EngineEvent) => void
}

type Open = Opening & {
  readonly untilMs: number
  readonly planId: string
  readonly holder: string | undefined
}

// More than anybody has under way at once, and few for each account that has to be funded first.
const MAX_OPEN_PER_PAYER = 100

/**
 * Counts in memory, so that a refusal asks the store nothing. It may be exceeded by as many as are
 * being made at once, and by verified payments.
 *
 * @throws CONFIG_INVALID for a limit that is no whole number above zero
 */
export function createOpenCap(clock: Clock, { total, perCaller = total }: OpenLimits): OpenCap {
  assertLimits({ total, perCaller })
  /** The first to end comes first, all but those that end with the offer they were made instead of. */
  const open = new Map<string, Open>()
  const held = new Map<string, number>()
  const close = (id: string): void => {
    const holder = open.get(id)?.holder
    open.delete(id)
    if (holder === undefined) return
    const left = (held.get(holder) ?? 0) - 1
    if (left > 0) held.set(holder, left)
    else held.delete(holder)
  }
  const forgetEnded = (): void => {
    const nowMs = clock.nowMs()
    for (const [id, { untilMs }] of open) {
      if (untilMs > nowMs) return
      close(id)
    }
  }
  const countOf = (by: Opening): number => held.get(holderOf(by) ?? '') ?? 0
  return {
    hasRoom(caller) {
      forgetEnded()
      return open.size < total && (caller === undefined || countOf({ caller }) < perCaller)
    },
    hasRoomToPay: (payer) => countOf({ payment: { payer } }) < MAX_OPEN_PER_PAYER,
    opened({ challengeId, planId, expiresAt }, by = {}) {
      const holder = holderOf(by)
      open.set(challengeId, { ...by, untilMs: expiresAt.getTime(), planId, holder })
      if (holder !== undefined) held.set(holder, (held.get(holder) ?? 0) + 1)
    },
    observe(event) {
      if (event.name !== 'challenge.paid' && event.name !== 'challenge.closed') return
      const { challengeId, planId } = event.challenge
      const own = open.get(challengeId)
      close(challengeId)
      if (event.name === 'challenge.closed' || (own && !own.payment)) return
      const answered = findAnswered(open, planId, own)
      if (answered !== undefined) close(answered)
    },
  }
}

/**
 * The offer that a payment answers when it did not pay for the very challenge of it: nobody else is
 * going to. The one that it names, or else the newest for the same goods, of the same caller if it
 * can be: offers are paid soon or never. A challenge that another process made, or this one before
 * it was restarted, stands for one of ours that is paid there.
 */
function findAnswered(
  open: ReadonlyMap<string, Open>,
  planId: string,
  { caller, payment }: Opening = {},
): string | undefined {
  const named = payment?.offered
  if (named !== undefined && open.has(named)) return named
  let theirs: string | undefined
  let any: string | undefined
  for (const [id, each] of open) {
    if (each.payment || each.planId !== planId) continue
    any = id
    if (each.caller === caller) theirs = id
  }
  return theirs ?? any
}

function holderOf({ caller, payment }: Opening): string | undefined {
  if (payment?.payer !== undefined) return `payer ${payment.payer.toLowerCase()}`
  return caller === undefined ? undefined : `caller ${caller}`
}

function assertLimits(limits: Required<OpenLimits>): void {
  const wrong = Object.entries(limits).filter(([, max]) => !Number.isSafeInteger(max) || max < 1)
  if (wrong.length === 0) return
  const names = wrong.map(([name]) => name).join(' and ')
  const facts = { maxOpenChallenges: `${names} must be a whole number above zero` }
  throw new Key0Error('CONFIG_INVALID', { facts })
}

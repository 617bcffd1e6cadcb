import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Address } from '../challenge/hex.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import { writeNote } from './notes.ts'

export type RefundCap = {
  /** How many refunds. */
  readonly count?: number
  /** Their sum, in the token's smallest unit. */
  readonly value?: bigint
}

/** How much may go back by itself, per hour and per day of UTC. */
export type RefundCaps = { readonly hour?: RefundCap; readonly day?: RefundCap }

/** What may still go back, shared by all workers on a store. */
export type RefundBudget = {
  /** Takes one refund out of the budget. The same key again on the same day takes nothing more. */
  take(refund: {
    readonly key: string
    readonly value: bigint
  }): Promise<{ readonly kind: 'taken' } | { readonly kind: 'refused'; readonly reason: string }>
}

type Entry = { readonly key: string; readonly value: bigint; readonly hour: number }

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/**
 * A budget kept as a list of notes in the store, one a refund. Whoever wants to add number n knows
 * numbers 0 to n-1 and so their sum, and only one can add it, so the caps hold exactly however
 * many workers there are, and after every restart. A crash after taking costs budget, not money.
 */
export function createRefundBudget(of: {
  readonly store: Pick<ChallengeStore, 'create'>
  readonly clock: Clock
  readonly newId: () => string
  readonly chainId: number
  readonly token: Address
  readonly caps: RefundCaps
}): RefundBudget {
  const { clock, chainId, token, caps } = of
  let day = -1
  let entries: Entry[] = []
  const nameOf = (index: number): string =>
    `refunded:${chainId}:${token}:${day}:${index}`.toLowerCase()
  const learn = ({ resourceId: key, amountRaw: value, createdAt }: ChallengeRecord): void => {
    entries.push({ key, value, hour: Math.floor(createdAt.getTime() / HOUR_MS) })
  }
  const takeOne: RefundBudget['take'] = async ({ key, value }) => {
    const nowMs = clock.nowMs()
    const today = Math.floor(nowMs / DAY_MS)
    if (today !== day) [day, entries] = [today, []]
    // Notes of others that are not known yet are later ones: they leave less, never more.
    while (!entries.some((entry) => entry.key === key)) {
      const tooLarge = findSmallerCap(caps, value)
      if (tooLarge !== undefined) return { kind: 'refused', reason: tooLarge }
      const reason = findCap(caps, entries, value, Math.floor(nowMs / HOUR_MS))
      if (reason !== undefined) return { kind: 'refused', reason }
      const keptUntil = new Date((day + 2) * DAY_MS)
      const note = { name: nameOf(entries.length), subject: key, value, chainId, keptUntil }
      learn((await writeNote(of, note, { reason: 'counted against the refund caps' })).record)
    }
    return { kind: 'taken' }
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    // One at a time: the refunds of one pass would otherwise all ask for the same number.
    take(refund) {
      const taken = last.then(() => takeOne(refund))
      last = taken.catch(() => undefined)
      return taken
    },
  }
}

/** What the reason begins with for which a refund beyond a cap is held. */
const CAP = 'the refund cap of this'

/** Whether money is held for no other reason than a cap. */
export function isHeldByCap({ held }: Pick<ChallengeRecord, 'held'>): boolean {
  return held?.startsWith(`${CAP} `) === true
}

/** The cap that this refund exceeds all by itself, in words: no hour and no day has room for it. */
function findSmallerCap(caps: RefundCaps, value: bigint): string | undefined {
  const [name] = (['hour', 'day'] as const).filter((it) => value > (caps[it]?.value ?? value))
  return name && `${CAP} ${name} is smaller than it: return it by hand`
}

/** The cap that one more refund would exceed, in words. */
function findCap(
  caps: RefundCaps,
  entries: readonly Entry[],
  value: bigint,
  hour: number,
): string | undefined {
  const ofHour = entries.filter((entry) => entry.hour === hour)
  const exceeds = (cap: RefundCap | undefined, of: readonly Entry[]): boolean => {
    const sum = of.reduce((total, entry) => total + entry.value, value)
    return (
      (cap?.count !== undefined && of.length + 1 > cap.count) ||
      (cap?.value !== undefined && sum > cap.value)
    )
  }
  if (exceeds(caps.hour, ofHour)) return `${CAP} hour is reached`
  return exceeds(caps.day, entries) ? `${CAP} day is reached` : undefined
}

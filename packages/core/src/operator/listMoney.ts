import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { type Address, sameAddress } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { type Money, type MoneyKind, moneyKindOf, toMoney } from './Money.ts'
import type { OperatorContext } from './OperatorContext.ts'
import { readOpen } from './readOpen.ts'

export type MoneyQuery = {
  /** Default: all but `written-off`. */
  readonly kinds?: readonly MoneyKind[]
  readonly payee?: Address
  readonly payer?: Address
  readonly minAgeMs?: number
  /** 1 to 1000; default 50. */
  readonly limit?: number
  /** How many of the oldest to pass over; default 0. */
  readonly offset?: number
}

export type MoneyList = {
  /** Oldest first. */
  readonly items: readonly Money[]
  /** How many there are and what they sum to, by kind, beyond this page too. */
  readonly totals: Readonly<Partial<Record<MoneyKind, { count: number; value: bigint }>>>
  /** More records are open than were read: totals and order are of those that were. */
  readonly isPartial: boolean
}

const OPEN = ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'] as const

/** So much of each state is read at most: a list that nobody reads to its end stays cheap. */
const READ_AT_MOST = 20_000

const USUAL: readonly MoneyKind[] = ['owed', 'delivering', 'under-way', 'failed', 'held']

/**
 * The queue of money that is not settled.
 *
 * @throws REQUEST_MALFORMED for a page that is none.
 */
export async function listMoney(
  ctx: Pick<OperatorContext, 'store' | 'clock'>,
  query: MoneyQuery = {},
): Promise<MoneyList> {
  const { limit = 50, offset = 0 } = query
  assertCount('limit', limit, 1, 1_000)
  assertCount('offset', offset, 0, READ_AT_MOST * OPEN.length)
  const nowMs = ctx.clock.nowMs()
  const pages = await Promise.all(OPEN.map((state) => readOpen(ctx.store, state, READ_AT_MOST)))
  const found = pages.flat().flatMap((record) => toWanted(record, query, nowMs))
  found.sort((a, b) => a.since.getTime() - b.since.getTime() || compare(a, b))
  const totals: Partial<Record<MoneyKind, { count: number; value: bigint }>> = {}
  for (const { kind, value } of found) {
    const { count, value: sum } = totals[kind] ?? { count: 0, value: 0n }
    totals[kind] = { count: count + 1, value: sum + value }
  }
  return {
    items: found.slice(offset, offset + limit),
    totals,
    isPartial: pages.some(({ length }) => length >= READ_AT_MOST),
  }
}

function toWanted(record: ChallengeRecord, query: MoneyQuery, nowMs: number): readonly Money[] {
  const { kinds = USUAL, payee, payer, minAgeMs = 0 } = query
  const kind = moneyKindOf(record)
  if (kind === undefined || !kinds.includes(kind)) return []
  const money = toMoney(record, kind, nowMs)
  if (payee !== undefined && !sameAddress(payee, money.payee)) return []
  if (payer !== undefined && !(money.payer && sameAddress(payer, money.payer))) return []
  return money.ageMs >= minAgeMs ? [money] : []
}

function compare(a: Money, b: Money): number {
  return a.challengeId < b.challengeId ? -1 : 1
}

function assertCount(field: string, given: number, least: number, most: number): void {
  if (Number.isSafeInteger(given) && given >= least && given <= most) return
  const expected = `a whole number from ${least} to ${most}`
  throw new Key0Error('REQUEST_MALFORMED', { facts: { field, expected } })
}

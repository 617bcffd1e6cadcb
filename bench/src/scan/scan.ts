import type { AccessGrant, ChallengeStore } from '@key0/core'
import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import { median, round } from '../stats.ts'
import { callers, mintPurchases, type Purchase, take, workThrough } from '../stores/purchases.ts'
import { openPostgresScenes } from './openPostgresScenes.ts'
import { openRedisScenes } from './openRedisScenes.ts'
import { buy } from './template.ts'

/** What finding refunds costs, whatever else there is. */
export const scan: Bench = {
  name: 'scan',
  summary: 'findPendingForRefund(50) among a hundred and a million payments, both stores',
  run,
}

/** Stores over data of their own on one server. */
export type Scenes = AsyncDisposable & {
  /** With so many paid records that may go back. */
  readonly small: ChallengeStore
  readonly large: ChallengeStore
  /** Empty ones. */
  readonly alone: ChallengeStore
  readonly crowded: ChallengeStore
}

export type Sizes = { readonly small: number; readonly large: number }

const limit = 50
const maxTimes = 2
const engines = [
  { name: 'Redis', open: openRedisScenes, maxMs: 5 },
  { name: 'Postgres', open: openPostgresScenes, maxMs: 10 },
] as const

type Found = Readonly<Record<'small' | 'large' | 'alone' | 'crowded', readonly number[]>>

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const sizes = isQuick ? { small: 100, large: 1_000 } : { small: 100, large: 1_000_000 }
  const [crowd, rounds, calls] = isQuick ? [30, 1, 2] : [10_000, 7, 40]
  const measured = new Map<string, Found>()
  for (const { name, open } of engines) {
    const tell = (text: string): void => say(`${name}: ${text}`)
    await using scenes = await open(sizes, tell)
    tell(`${crowd} that are not eligible, older than one that is`)
    await crowdIn(scenes.crowded, crowd)
    const [eligible] = mintPurchases(crowd, 1) as readonly [Purchase]
    for (const store of [scenes.alone, scenes.crowded]) await buy(store, paidAgo(eligible, 0))
    measured.set(name, await measure(scenes, rounds, calls))
  }
  return toReport(measured, sizes, crowd, rounds)
}

/** The longer ago, the older the payment. */
function paidAgo(purchase: Purchase, minutes: number): Purchase {
  const at = new Date(Date.now() - (60 + minutes) * 60_000)
  return { ...purchase, paid: { ...purchase.paid, paidAt: at } }
}

/** A third is being delivered, a third is held, a third has a grant that was not handed over. */
async function crowdIn(store: ChallengeStore, count: number): Promise<void> {
  const untilMs = Date.now() + 3_600_000
  await workThrough(mintPurchases(0, count), callers, async (minted, at) => {
    const lease = { ...minted.lease, untilMs }
    const purchase = { ...paidAgo(minted, 1 + at), lease }
    await buy(store, purchase)
    if (at % 3 === 0) return take(store, 'transition', purchase)
    const { challengeId: id, requestId, resourceId, planId } = purchase.base
    const accessGrant: AccessGrant = {
      ...{ type: 'AccessGrant', challengeId: id, requestId, resourceId, planId },
      ...{ accessToken: 'token', tokenType: 'Bearer', txHash: purchase.paid.txHash },
    }
    const fields = at % 3 === 1 ? { held: 'for review' } : { accessGrant }
    const { kind } = await store.transition({ id, from: 'PAID', to: 'PAID', key: 'k', fields })
    if (kind !== 'applied') throw new Error(`a move was ${kind}`)
  })
}

/** In turns, so that what else the machine does strikes all alike. */
async function measure(scenes: Scenes, rounds: number, calls: number): Promise<Found> {
  const found: Record<keyof Found, number[]> = { small: [], large: [], alone: [], crowded: [] }
  const names = Object.keys(found) as readonly (keyof Found)[]
  // The first round only warms up.
  for (let at = 0; at <= rounds; at += 1) {
    const took: Record<keyof Found, number[]> = { small: [], large: [], alone: [], crowded: [] }
    for (let call = 0; call < calls; call += 1)
      for (const name of names) {
        const startedAt = performance.now()
        const records = await scenes[name].findPendingForRefund(new Date(), limit)
        took[name].push(performance.now() - startedAt)
        const expected = name === 'small' || name === 'large' ? limit : 1
        if (records.length !== expected) throw new Error(`${name}: found ${records.length}`)
      }
    if (at > 0) for (const name of names) found[name].push(median(took[name]))
  }
  return found
}

function toReport(
  measured: ReadonlyMap<string, Found>,
  sizes: Sizes,
  crowd: number,
  rounds: number,
): Report {
  const bars = engines.flatMap(({ name, maxMs }): readonly Bar[] => {
    const { small, large, alone, crowded } = measured.get(name) as Found
    const times = median(large.map((ms, at) => ms / (small[at] ?? 0)))
    const delay = median(crowded.map((ms, at) => ms / (alone[at] ?? 0)))
    return [
      {
        promise: `${name}: less than ${maxTimes} times among ${sizes.large} as among ${sizes.small}`,
        measured: `${round(times)} times`,
        isReached: times < maxTimes,
      },
      {
        promise: `${name}: at most ${maxMs} ms among ${sizes.large}`,
        measured: `${round(median(large))} ms`,
        isReached: median(large) <= maxMs,
      },
      {
        promise: `${name}: ${crowd} older ones that are not eligible do not delay one that is`,
        measured: `${round(median(crowded))} ms, without them ${round(median(alone))} ms`,
        isReached: delay < maxTimes,
      },
    ]
  })
  const rows = engines.map(({ name }) => {
    const one = measured.get(name) as Found
    const ms = (of: keyof Found): number => round(median(one[of]))
    return [name, ms('small'), ms('large'), ms('alone'), ms('crowded')]
  })
  return {
    bench: 'scan',
    tables: [
      {
        title: `ms for findPendingForRefund(${limit}), as its caller waits; median of ${rounds}`,
        columns: ['store', `${sizes.small}`, `${sizes.large}`, 'one alone', `beside ${crowd}`],
        rows,
      },
    ],
    bars,
    notes: ['A sample of what was filled in was read through the store and compared.'],
  }
}

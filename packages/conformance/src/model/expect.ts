import type { AuditEntry, ChallengeRecord, ChallengeStore, State } from '@key0/core'
import { expectSame, expectTrue, LawBroken } from '../store/assert.ts'
import { spoil } from './Call.ts'
import { refundableSinceMs, visitedAtMs } from './rules.ts'
import { type Entry, isForgotten, mayBeGone, readTrail, type World } from './World.ts'

/** What is due, in the order of its time; among equals a store may choose. */
export async function expectDue(
  world: World,
  store: ChallengeStore,
  ask: { readonly nowMs: number; readonly limit: number; readonly state?: State },
): Promise<void> {
  const { nowMs, limit, state } = ask
  const found = await store.due(new Date(nowMs), limit, state)
  expectRanked(world, found, limit, 'what is due', (record) => {
    const atMs = visitedAtMs(record)
    const isAsked = (state ?? record.state) === record.state && !isForgotten(world, record)
    return isAsked && atMs <= nowMs ? atMs : Number.POSITIVE_INFINITY
  })
}

export async function expectRefundable(
  world: World,
  store: ChallengeStore,
  { cutoffMs, limit }: { readonly cutoffMs: number; readonly limit: number },
): Promise<void> {
  const found = await store.findPendingForRefund(new Date(cutoffMs), limit)
  expectRanked(world, found, limit, 'what may be refunded', (record) => {
    const sinceMs = refundableSinceMs(record, world.nowMs)
    return sinceMs < cutoffMs ? sinceMs : Number.POSITIVE_INFINITY
  })
}

/** The first `limit` records by rank; of those with one rank, any. */
function expectRanked(
  { records }: World,
  found: readonly ChallengeRecord[],
  limit: number,
  what: string,
  rank: (record: ChallengeRecord) => number,
): void {
  const ranked = [...records.values()]
    .filter((record) => rank(record) < Number.POSITIVE_INFINITY)
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, limit)
  const seen = found.map(({ challengeId }) => records.get(challengeId))
  const idsOf = (list: readonly (ChallengeRecord | undefined)[]): string =>
    JSON.stringify(list.map((record) => record?.challengeId))
  const ranks = seen.map((record) => (record ? rank(record) : undefined))
  const fits = ranks.length === ranked.length && ranked.every((one, i) => rank(one) === ranks[i])
  if (!fits || new Set(seen).size !== seen.length)
    throw new LawBroken(`${what}: expected ${idsOf(ranked)}, saw ${idsOf(found)}`)
  expectSame(found, seen, what)
  spoil(found)
}

function nameOfEvent({ challengeId, version }: Entry): string {
  return `${version} of ${challengeId}`
}

/** An entry of a store as the model has it: the store's own number is not the model's. */
export function asEntry({ sequence: _, ...entry }: AuditEntry): Entry {
  return { ...entry, wrote: entry.wrote.toSorted() }
}

/** The trail of one challenge, whole; or gone with a record that was never paid. */
export async function expectTrail(world: World, store: ChallengeStore, id: string): Promise<void> {
  const trail = await store.history(id)
  if (trail.length > 0 || !mayBeGone(world, id))
    expectSame(trail.map(asEntry), readTrail(world, id), `the trail of ${id}`)
  spoil(trail)
}

type Numbered = { readonly world: World; readonly sequences: Map<string, number> }

/** The stream after an entry whose number is known, in order, and remembers its numbers. */
export async function expectEvents(
  { world, sequences }: Numbered,
  store: ChallengeStore,
  after: number,
  limit: number,
): Promise<void> {
  const found = await store.events(after, limit)
  const isBefore = (entry: Entry): boolean =>
    (sequences.get(nameOfEvent(entry)) ?? Number.POSITIVE_INFINITY) <= after
  const position = world.trail.findLastIndex(isBefore) + 1
  expectStream(world, found.map(asEntry), position, limit)
  let last = after
  for (const { sequence, ...entry } of found) {
    const name = nameOfEvent(entry)
    expectTrue(sequence > last, `the number of event ${name} rises`)
    expectSame(sequence, sequences.get(name) ?? sequence, `the number of event ${name}`)
    sequences.set(name, sequence)
    last = sequence
  }
  spoil(found)
}

/** The entries from a position of the trail on, but for those that may be gone. */
export function expectStream(
  world: World,
  found: readonly Entry[],
  position: number,
  limit: number,
): void {
  const names = new Set(found.map(nameOfEvent))
  const kept = world.trail
    .slice(position)
    .filter((entry) => names.has(nameOfEvent(entry)) || !mayBeGone(world, entry.challengeId))
  expectSame(found, kept.slice(0, limit), 'the events')
}

export type Entry = { readonly score: number; readonly id: string }

/** Ids ordered by a number, as a sorted array searched by halves: what a sorted set is in Redis. */
export type SortedIds = {
  /** Gives an id its number; `undefined` removes it. */
  set(id: string, score: number | undefined): void
  /** Ids whose number is below `score`, lowest first. */
  below(score: number, limit: number, offset: number): readonly string[]
  /** The same with their numbers, to be merged with others. */
  entriesBelow(score: number, limit: number): readonly Entry[]
}

export function createSortedIds(): SortedIds {
  const scores = new Map<string, number>()
  const sorted: Entry[] = []

  const entriesBelow = (score: number, limit: number, offset = 0): readonly Entry[] =>
    sorted.slice(offset, Math.min(position({ score, id: '' }), offset + limit))
  const position = (of: Entry): number => {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = sorted[middle] as Entry
      if (compareEntries(entry, of) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    set(id, score) {
      const old = scores.get(id)
      if (old === score) return
      if (old !== undefined) {
        sorted.splice(position({ score: old, id }), 1)
        scores.delete(id)
      }
      if (score === undefined) return
      scores.set(id, score)
      const entry = { score, id }
      const last = sorted.at(-1)
      // Numbers are instants, so most of them are the latest.
      if (last === undefined || last.score < score) sorted.push(entry)
      else sorted.splice(position(entry), 0, entry)
    },
    below: (score, limit, offset) => entriesBelow(score, limit, offset).map(({ id }) => id),
    entriesBelow,
  }
}

/** Lowest number first; the id decides between equal ones. */
export function compareEntries(a: Entry, b: Entry): number {
  if (a.score !== b.score) return a.score - b.score
  if (a.id === b.id) return 0
  return a.id < b.id ? -1 : 1
}

type Entry = { readonly score: number; readonly id: string }

/** Ids ordered by a number, as a sorted array searched by halves: what a sorted set is in Redis. */
export type SortedIds = {
  /** Gives an id its number; `undefined` removes it. */
  set(id: string, score: number | undefined): void
  /** Ids whose number is below `score`, lowest first. */
  below(score: number, limit: number, offset: number): readonly string[]
}

export function createSortedIds(): SortedIds {
  const scores = new Map<string, number>()
  const sorted: Entry[] = []

  const position = (of: Entry): number => {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = sorted[middle] as Entry
      const before = entry.score < of.score || (entry.score === of.score && entry.id < of.id)
      if (before) low = middle + 1
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
      sorted.splice(position({ score, id }), 0, { score, id })
    },
    below(score, limit, offset) {
      const end = position({ score, id: '' })
      return sorted.slice(offset, Math.min(end, offset + limit)).map((entry) => entry.id)
    },
  }
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSortedIds } from './sortedIds.ts'

type Step = readonly [id: string, score: number | undefined]

test('behaves like a map that is sorted for every question', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const score = fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined })
  const steps = fc.array(fc.tuple(id, score), { maxLength: 40 })
  const pages = fc.tuple(fc.integer({ min: -4, max: 4 }), fc.nat(4), fc.nat(4))
  fc.assert(
    fc.property(steps, pages, (writes: readonly Step[], [below, limit, offset]) => {
      const ids = createSortedIds()
      const model = new Map<string, number>()
      for (const [one, at] of writes) {
        ids.set(one, at)
        if (at === undefined) model.delete(one)
        else model.set(one, at)
      }
      const expected = [...model]
        .filter(([, at]) => at < below)
        .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
        .map(([one]) => one)
        .slice(offset, offset + limit)
      expect(ids.below(below, limit, offset)).toEqual(expected)
    }),
    { numRuns: 1_000 },
  )
})

import type { DocumentStore } from '@key0/core'
import { createMemoryDocuments } from '@key0/core/memory'
import { expect, test } from 'vitest'
import { documentLaws, LawBroken } from '../src/exports/store.ts'

type Mutant = readonly [
  bug: string,
  breaks: string,
  change: (good: DocumentStore) => Partial<DocumentStore>,
]

const mutants: readonly Mutant[] = [
  [
    'a swap looks first and writes later',
    'of twenty who swap the same text at once one succeeds',
    (good) => ({
      async swap(name, before, after) {
        const found = await good.get(name)
        if (found !== before) return good.swap(name, before, after)
        for (;;) {
          const swapped = await good.swap(name, await good.get(name), after)
          if (swapped.kind !== 'lost') return swapped
        }
      },
    }),
  ],
  [
    'a lost reply is taken for a lost race',
    'a swap whose reply was lost is known again, and not done twice',
    (good) => ({
      async swap(name, before, after) {
        const swapped = await good.swap(name, before, after)
        return swapped.kind === 'replayed' ? { kind: 'lost', text: after } : swapped
      },
    }),
  ],
  [
    'a removed one is kept as an empty text',
    'what is removed is gone, and its name may be used again',
    (good) => ({ swap: (name, before, after) => good.swap(name, before, after ?? '') }),
  ],
  [
    'a page begins with the last of the page before',
    'a list has those of its prefix, by name, page by page',
    (good) => ({
      list: (prefix, { after, limit }) =>
        good.list(prefix, { limit, ...(after && { after: after.slice(0, -1) }) }),
    }),
  ],
  [
    'blanks around a text are lost',
    'what was swapped in is read by everybody, to the letter',
    (good) => ({ get: async (name) => (await good.get(name))?.trim() }),
  ],
  [
    'texts that differ in case are one',
    'a swap happens only where exactly the text before stands',
    (good) => ({
      async swap(name, before, after) {
        const found = await good.get(name)
        const isClose = found?.startsWith(before?.toLowerCase() ?? '-') ?? false
        return good.swap(name, isClose ? found : before, after)
      },
    }),
  ],
]

test.each(mutants)('documents of which %s are noticed', async (_, breaks, change) => {
  const broken: string[] = []
  for (const { law, prove } of documentLaws) {
    const good = createMemoryDocuments()
    const documents = { ...good, ...change({ ...good }) }
    await prove({ documents, peer: documents }).catch((error: unknown) => {
      if (!(error instanceof LawBroken)) throw error
      broken.push(law)
    })
  }
  expect(broken).toContain(`documents: ${breaks}`)
})

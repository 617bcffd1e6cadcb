import { judgeSwap } from '../local/judgeSwap.ts'
import type { DocumentStore } from '../ports/DocumentStore.ts'

/** Documents of one process, which nothing survives; beside `createMemoryStore`. */
export function createMemoryDocuments(): DocumentStore {
  const texts = new Map<string, string>()
  return {
    get: async (name) => texts.get(name),
    async swap(name, before, after) {
      const swapped = judgeSwap(texts.get(name), before, after)
      if (swapped.kind === 'applied' && after !== undefined) texts.set(name, after)
      if (swapped.kind === 'applied' && after === undefined) texts.delete(name)
      return swapped
    },
    async list(prefix, { after = '', limit }) {
      const names = [...texts.keys()].filter((name) => name.startsWith(prefix) && name > after)
      return names
        .toSorted((a, b) => (a < b ? -1 : 1))
        .slice(0, limit)
        .map((name) => ({ name, text: texts.get(name) ?? '' }))
    },
  }
}

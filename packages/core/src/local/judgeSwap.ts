import type { Swapped } from '../ports/DocumentStore.ts'

/** What a swap of a document does where `found` stands; stores in one process write by it. */
export function judgeSwap(
  found: string | undefined,
  before: string | undefined,
  after: string | undefined,
): Swapped {
  if (found === before) return { kind: 'applied' }
  return found === after ? { kind: 'replayed' } : { kind: 'lost', text: found }
}

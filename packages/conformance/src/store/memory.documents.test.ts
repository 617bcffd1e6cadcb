import { createMemoryDocuments } from '@key0/core/memory'
import { test } from 'vitest'
import { documentConformance } from './documentConformance.ts'

documentConformance({
  test,
  async rig() {
    const documents = createMemoryDocuments()
    return { documents, peer: documents, [Symbol.asyncDispose]: async () => {} }
  },
})

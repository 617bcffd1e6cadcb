import { expect, test } from 'vitest'
import * as entry from './memory.ts'

test('exports these values and no others', () => {
  expect(Object.keys(entry).toSorted()).toMatchInlineSnapshot(`
    [
      "createMemoryDocuments",
      "createMemoryStore",
      "createMemoryTables",
    ]
  `)
})

import { expect, test } from 'vitest'
import * as exports from './store.ts'

test('the public names of @key0/conformance/store', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "LawBroken",
      "createMint",
      "createSteeredClock",
      "documentConformance",
      "documentLaws",
      "storeConformance",
      "storeLaws",
    ]
  `)
})

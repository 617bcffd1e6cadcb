import { expect, test } from 'vitest'
import * as entry from './local.ts'

test('exports these values and no others', () => {
  expect(Object.keys(entry).toSorted()).toMatchInlineSnapshot(`
    [
      "beatBySwap",
      "createLocalStore",
      "decodeContinuity",
      "decodeRecord",
      "encodeContinuity",
      "encodeRecord",
      "judgeSwap",
    ]
  `)
})

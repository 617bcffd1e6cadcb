import { expect, test } from 'vitest'
import * as exports from './testing.ts'

test('the public names of @key0/http/testing', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "badInputs",
      "paidDraft",
      "toRequest",
    ]
  `)
})

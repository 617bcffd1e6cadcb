import { expect, test } from 'vitest'
import * as exports from './model.ts'

test('the public names of @key0/conformance/model', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "modelSettings",
      "storeModel",
    ]
  `)
})

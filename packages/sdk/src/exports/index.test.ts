import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/sdk', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "createKey0",
      "readGate",
    ]
  `)
})

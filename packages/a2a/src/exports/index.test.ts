import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/a2a', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "createA2aHandler",
      "x402Extensions",
    ]
  `)
})

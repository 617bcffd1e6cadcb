import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/middleware-hono', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "key0",
      "key0App",
      "requirePayment",
      "validateAccessToken",
    ]
  `)
})

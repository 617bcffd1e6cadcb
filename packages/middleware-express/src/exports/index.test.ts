import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/middleware-express', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "keepRawBody",
      "key0Router",
      "requirePayment",
      "validateAccessToken",
    ]
  `)
})

import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/middleware-fastify', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "key0Plugin",
      "requirePayment",
      "validateAccessToken",
    ]
  `)
})

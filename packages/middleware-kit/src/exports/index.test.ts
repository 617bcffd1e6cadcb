import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/middleware-kit', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "createListener",
      "createTokenGate",
      "keepRawBody",
      "openGate",
      "openShop",
      "readPrefix",
      "refuseGoneBody",
      "serveRoute",
    ]
  `)
})

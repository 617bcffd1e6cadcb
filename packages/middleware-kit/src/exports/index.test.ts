import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/middleware-kit', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "callerOfEnv",
      "createListener",
      "createTokenGate",
      "keepRawBody",
      "openGate",
      "openShop",
      "readPrefix",
      "rereadWebBody",
      "serveRoute",
      "unmountUrl",
    ]
  `)
})

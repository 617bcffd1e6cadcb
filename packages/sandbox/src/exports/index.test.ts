import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names are these', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "SandboxError",
      "connectSandbox",
      "createA2aAgent",
      "createHttpAgent",
      "deployPlainToken",
      "deriveWallet",
      "rpcFaults",
      "signTransferAuthorization",
      "startRpcProxy",
      "startSandbox",
    ]
  `)
})

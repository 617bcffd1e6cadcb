import { expect, test } from 'vitest'
import * as entry from './index.ts'

test('exports these values and no others', () => {
  expect(Object.keys(entry).toSorted()).toMatchInlineSnapshot(`
    [
      "Key0Error",
      "RefundMoved",
      "accountForTransfers",
      "assertLegalMove",
      "authorizationRef",
      "claimRefund",
      "continueRefund",
      "createCatalog",
      "createEngine",
      "defaultRetention",
      "dueAtMs",
      "errorCodes",
      "findFence",
      "findTransition",
      "forgetAtMs",
      "formatUnits",
      "fromSellerPair",
      "guard",
      "hasOpenIntent",
      "invariant",
      "isLive",
      "isRefundOnly",
      "isRefundable",
      "parsePrice",
      "payerProofMessage",
      "recover",
      "sameAddress",
      "states",
      "transferRef",
      "transitions",
      "watchContinuity",
      "writtenWithAny",
    ]
  `)
})

import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/chain-evm', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "chains",
      "createEvmChain",
      "createFacilitatorSettler",
      "createGasWalletSettler",
      "createPayout",
      "createReceiptSigner",
      "createSender",
      "createTransferPayout",
      "defaultFacilitatorUrl",
      "findChain",
      "findToken",
      "keyNonce",
      "probeSigner",
      "probeToken",
      "readPayee",
      "refundNonce",
      "verifyReceipt",
    ]
  `)
})

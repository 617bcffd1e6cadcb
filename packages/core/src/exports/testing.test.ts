import { expect, test } from 'vitest'
import * as entry from './testing.ts'

test('exports these values and no others', () => {
  expect(Object.keys(entry).toSorted()).toMatchInlineSnapshot(`
    [
      "Crash",
      "asksToSign",
      "checkInvariants",
      "codeOf",
      "createBuyer",
      "createFakeChain",
      "createFakeClock",
      "createFakeIssuer",
      "createFakeLedger",
      "createFakePayout",
      "createFakeSettler",
      "createFaults",
      "createTestContext",
      "createTestWorld",
      "fakeAccounts",
      "fakeAddress",
      "fakeChainId",
      "fakeHash",
      "fakeSignature",
      "faultKinds",
      "flows",
      "isSettled",
      "listRecords",
      "mintAuthorization",
      "mintBase",
      "mintIntent",
      "refundPass",
      "runFlow",
      "runPairs",
      "runSingles",
      "settleDown",
      "signAuthorization",
      "startProcess",
      "testSettings",
      "toEvidence",
    ]
  `)
})

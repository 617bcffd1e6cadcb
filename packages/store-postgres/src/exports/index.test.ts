import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/store-postgres', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "PostgresAuditStore",
      "PostgresChallengeStore",
      "PostgresDocumentStore",
      "PostgresSeenTxStore",
      "createWalletLease",
    ]
  `)
})

import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/store-redis', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "RedisAuditStore",
      "RedisChallengeStore",
      "RedisDocumentStore",
      "RedisSeenTxStore",
      "createProofStore",
      "createWalletLock",
    ]
  `)
})

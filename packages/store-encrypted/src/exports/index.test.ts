import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/store-encrypted', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "encryptStore",
      "parseEncryptionKey",
    ]
  `)
})

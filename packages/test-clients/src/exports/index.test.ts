import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/test-clients', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "a2aBuyers",
      "createLegacyA2aBuyer",
      "createModernA2aBuyer",
    ]
  `)
})

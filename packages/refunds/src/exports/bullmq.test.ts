import { expect, test } from 'vitest'
import * as exports from './bullmq.ts'

test('the public names of @key0/refunds/bullmq', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "startRefundQueue",
    ]
  `)
})

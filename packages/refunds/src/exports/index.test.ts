import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/refunds', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "createRefunds",
      "probeRefunds",
      "processRefunds",
      "runRefunds",
      "sendUsdc",
      "startTimer",
    ]
  `)
})

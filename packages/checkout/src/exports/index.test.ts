import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/checkout', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "asksToPay",
      "createCheckout",
      "isChallengeId",
      "judgeCheckout",
      "judgeRange",
      "malformed",
      "nameRoutes",
      "problemOf",
      "readBody",
      "readBytes",
      "readPayment",
      "readPresentedPayment",
      "toProblem",
      "tooLarge",
    ]
  `)
})

import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/checkout', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "asksToPay",
      "bindResource",
      "createCheckout",
      "digestOf",
      "findPriced",
      "findRoute",
      "isChallengeId",
      "judgeCheckout",
      "judgeRange",
      "malformed",
      "nameRoutes",
      "problemOf",
      "readAskedResource",
      "readBody",
      "readBytes",
      "readPayment",
      "readPresentedPayment",
      "textOfBody",
      "toProblem",
      "toResourceResponse",
      "tooLarge",
    ]
  `)
})

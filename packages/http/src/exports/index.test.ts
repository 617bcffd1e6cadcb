import { errorCodes } from '@key0/core'
import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/http', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "createHttpHandler",
      "httpStatus",
      "readPresentedPayment",
    ]
  `)
})

test('every code has a status', () => {
  expect(Object.keys(exports.httpStatus).sort()).toEqual(Object.keys(errorCodes).sort())
})

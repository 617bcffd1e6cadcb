import { asksToPay } from '@key0/checkout'
import { type ErrorCode, errorCodes } from '@key0/core'
import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/http', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "createHttpHandler",
      "httpStatus",
      "toRequest",
    ]
  `)
})

test('every code has a status', () => {
  expect(Object.keys(exports.httpStatus).sort()).toEqual(Object.keys(errorCodes).sort())
})

test('402 means exactly that signing a payment is the way on', () => {
  const codes = Object.keys(errorCodes) as ErrorCode[]
  expect(codes.filter((code) => exports.httpStatus[code] === 402)).toEqual(codes.filter(asksToPay))
})

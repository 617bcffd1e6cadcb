import { expect, test } from 'vitest'
import { corsHeaders, headerNames } from './HeaderName.ts'

test('a browser may send both payment headers and read all three answers', () => {
  expect(corsHeaders.allow).toContain(headerNames.paymentSignature)
  expect(corsHeaders.allow).toContain(headerNames.v1Payment)
  expect(corsHeaders.expose).toEqual([
    headerNames.paymentRequired,
    headerNames.paymentResponse,
    headerNames.v1PaymentResponse,
  ])
})

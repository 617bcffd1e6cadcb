import { expect, test } from 'vitest'
import { captureWireError } from '../../test/captureWireError.ts'
import { challenge, offer, outcome, payment } from '../../test/samples.ts'
import { testHeaderVectors } from '../../test/testHeaderVectors.ts'
import { encodeBase64 } from '../http/encodeBase64.ts'
import { HEADER_BUDGET_BYTES, isHeaderLarge } from '../http/HeaderJson.ts'
import {
  decodePaymentHeader,
  decodePaymentRequired,
  decodeSettlementResponse,
  encodePaymentHeader,
  encodePaymentRequired,
  encodeSettlementResponse,
} from './HeaderCodec.ts'

const standard = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

testHeaderVectors({
  payment: decodePaymentHeader,
  'payment-required': decodePaymentRequired,
  'settlement-response': decodeSettlementResponse,
})

test.each([
  ['a payment', () => decodePaymentHeader(encodePaymentHeader(payment)), payment],
  ['a challenge', () => decodePaymentRequired(encodePaymentRequired(challenge)), challenge],
  ['an outcome', () => decodeSettlementResponse(encodeSettlementResponse(outcome)), outcome],
])('%s comes back as it was sent', (_, roundTrip, original) => {
  expect(roundTrip()).toStrictEqual(original)
})

test('headers leave in standard padded base64, whatever they say', () => {
  for (let length = 0; length < 12; length += 1) {
    const error = '?>~ü'.repeat(length) + 'x'.repeat(length)
    expect(encodePaymentRequired({ ...challenge, error })).toMatch(standard)
  }
})

test('a refused header never pollutes Object.prototype', () => {
  const texts = [
    '{"__proto__":{"polluted":1}}',
    '{"accepted":{"extra":{"constructor":{"prototype":{"polluted":1}}}}}',
  ]
  for (const text of texts) {
    expect(captureWireError(() => decodePaymentHeader(btoa(text))).code).toBe('JSON_FORBIDDEN_KEY')
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('an offer with a forbidden key is not sent either', () => {
  const extra = JSON.parse('{"a":{"__proto__":1}}') as Record<string, unknown>
  const bad = { ...challenge, accepts: [{ ...offer, extra }] }
  expect(captureWireError(() => encodePaymentRequired(bad)).code).toBe('JSON_FORBIDDEN_KEY')
})

test("what a facilitator told the server alone does not reach the buyer's header", () => {
  const leaky = { ...outcome, extensionResponses: { internal: 'secret' } }
  expect(atob(encodeSettlementResponse(leaky))).not.toContain('secret')
})

test('a malformed message is refused on the way out, with the field named', () => {
  const bad = { ...challenge, accepts: [{ ...offer, amount: '1.5' }] }
  const error = captureWireError(() => encodePaymentRequired(bad))
  expect([error.code, error.path]).toEqual(['FIELD_INVALID', '$.accepts[0].amount'])
  const bigint = { ...challenge, extensions: { price: 1n } }
  expect(captureWireError(() => encodePaymentRequired(bigint)).code).toBe('FIELD_INVALID')
})

test('the header budget: above 8 KiB nothing is sent, above 4 KiB it is called large', () => {
  const sized = (length: number) => ({ ...challenge, error: 'x'.repeat(length) })
  expect(isHeaderLarge(encodePaymentRequired(challenge))).toBe(false)
  expect(isHeaderLarge(encodePaymentRequired(sized(4_000)))).toBe(true)

  const room = HEADER_BUDGET_BYTES - encodePaymentRequired(sized(0)).length
  expect(encodePaymentRequired(sized((room / 4) * 3)).length).toBe(HEADER_BUDGET_BYTES)
  const error = captureWireError(() => encodePaymentRequired(sized((room / 4) * 3 + 3)))
  expect(error.code).toBe('HEADER_OVER_BUDGET')
  const long = { ...outcome, errorMessage: 'x'.repeat(9_000) }
  expect(captureWireError(() => encodeSettlementResponse(long)).code).toBe('HEADER_OVER_BUDGET')
})

test('the size cap counts the header and can be moved', () => {
  const header = encodePaymentHeader(payment)
  expect(decodePaymentHeader(header, { maxBytes: header.length })).toStrictEqual(payment)
  const short = () => decodePaymentHeader(header, { maxBytes: header.length - 1 })
  expect(captureWireError(short).code).toBe('HEADER_TOO_LARGE')
})

test('an error repeats no received value and stays printable', () => {
  const secret = 'not-a-signature-5e5e5e'
  const text = JSON.stringify({ ...payment, payload: { ...payment.payload, signature: secret } })
  const error = captureWireError(() => decodePaymentHeader(encodeBase64(text)))
  expect(error.path).toBe('$.payload.signature')
  expect(JSON.stringify({ ...error, message: error.message })).not.toContain(secret)

  const key = '\r\nSet-Cookie: a=b\u001b[2Jé'
  const twice = `{${JSON.stringify(key)}:1,${JSON.stringify(key)}:2}`
  const hostile = captureWireError(() => decodePaymentHeader(encodeBase64(twice)))
  expect(hostile.message).toMatch(/^[\x20-\x7e]+$/)
})

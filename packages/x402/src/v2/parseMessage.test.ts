import { expect, test } from 'vitest'
import { captureWireError } from '../../test/captureWireError.ts'
import { challenge, offer, outcome, payment } from '../../test/samples.ts'
import {
  parseFacilitatorRequest,
  parsePaymentPayload,
  parsePaymentRequired,
  parseSettlementResponse,
  parseSupportedResponse,
  parseVerifyResponse,
} from './parseMessage.ts'

test('messages that arrive as objects come back as they are', () => {
  expect(parsePaymentPayload(payment)).toStrictEqual(payment)
  expect(parsePaymentRequired(challenge)).toStrictEqual(challenge)
  expect(parseSettlementResponse(outcome)).toStrictEqual(outcome)
})

test('an object is held to the same rules as a header', () => {
  const forbidden = { ...payment, extensions: JSON.parse('{"__proto__":{}}') }
  expect(captureWireError(() => parsePaymentPayload(forbidden)).code).toBe('JSON_FORBIDDEN_KEY')
  let deep: unknown = {}
  for (let level = 0; level < 20; level += 1) deep = { deep }
  const nested = { ...payment, extensions: { deep } }
  expect(captureWireError(() => parsePaymentPayload(nested)).code).toBe('JSON_TOO_DEEP')
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  for (const value of [cyclic, undefined, () => 1, 1n, Symbol('x')]) {
    const error = captureWireError(() => parsePaymentPayload(value))
    expect([error.code, error.path]).toEqual(['FIELD_INVALID', '$'])
  }
})

test('a facilitator request, and the version inside it', () => {
  const request = { x402Version: 2, paymentPayload: payment, paymentRequirements: offer }
  expect(parseFacilitatorRequest(request)).toStrictEqual(request)
  const old = { ...request, paymentPayload: { ...payment, x402Version: 1 } }
  const error = captureWireError(() => parseFacilitatorRequest(old))
  expect([error.code, error.path]).toEqual(['VERSION_UNSUPPORTED', '$.paymentPayload.x402Version'])
})

test('a verify answer: null is absence, a wrong type is not', () => {
  expect(parseVerifyResponse({ isValid: true, invalidReason: null, payer: null })).toStrictEqual({
    isValid: true,
  })
  expect(captureWireError(() => parseVerifyResponse({ isValid: 'true' })).path).toBe('$.isValid')
})

test('a supported answer keeps kinds we do not speak and fills in missing lists', () => {
  const kinds = [
    { x402Version: 2, scheme: 'exact', network: 'eip155:8453' },
    { x402Version: 1, scheme: 'exact', network: 'base', extra: { feePayer: 'x' } },
    { x402Version: 2, scheme: 'exact', network: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp' },
  ]
  expect(parseSupportedResponse({ kinds })).toStrictEqual({ kinds, extensions: [], signers: {} })
  const full = { kinds, extensions: ['bazaar'], signers: { 'eip155:*': ['0xabc'] } }
  expect(parseSupportedResponse(full)).toStrictEqual(full)
  const half = captureWireError(() => parseSupportedResponse({ kinds: [{ x402Version: 1.5 }] }))
  expect([half.code, half.path]).toEqual(['FIELD_INVALID', '$.kinds[0].x402Version'])
})

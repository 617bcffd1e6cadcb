import { expect, test } from 'vitest'
import { captureWireError } from '../../test/captureWireError.ts'
import { outcome, payment, v1Challenge, v1Outcome, v1Payment } from '../../test/samples.ts'
import { testHeaderVectors } from '../../test/testHeaderVectors.ts'
import { v1NetworkChainIds } from '../Network.ts'
import { encodePaymentHeader } from '../v2/HeaderCodec.ts'
import {
  decodeV1PaymentHeader,
  decodeV1SettlementResponse,
  encodeV1PaymentHeader,
  encodeV1SettlementResponse,
  parseV1PaymentPayload,
  parseV1PaymentRequired,
} from './HeaderCodec.ts'
import { toV1Network } from './Network.ts'
import { decodeAnyPayment, parseAnyPayment } from './readAnyPayment.ts'
import { toV1SettlementResponse } from './SettlementResponse.ts'

testHeaderVectors({
  'v1-payment': decodeV1PaymentHeader,
  'v1-settlement-response': decodeV1SettlementResponse,
})

test.each([
  ['a payment', () => decodeV1PaymentHeader(encodeV1PaymentHeader(v1Payment)), v1Payment],
  [
    'an outcome',
    () => decodeV1SettlementResponse(encodeV1SettlementResponse(v1Outcome)),
    v1Outcome,
  ],
  ['a payment as an object', () => parseV1PaymentPayload(v1Payment), v1Payment],
  ['a challenge', () => parseV1PaymentRequired(v1Challenge), v1Challenge],
])('%s comes back as it was sent', (_, roundTrip, original) => {
  expect(roundTrip()).toStrictEqual(original)
})

test('where no header says which version it is, the payment does', () => {
  expect(decodeAnyPayment(encodeV1PaymentHeader(v1Payment))).toStrictEqual(v1Payment)
  expect(decodeAnyPayment(encodePaymentHeader(payment))).toStrictEqual(payment)
  expect(parseAnyPayment(v1Payment)).toStrictEqual(v1Payment)
  expect(parseAnyPayment(payment)).toStrictEqual(payment)
  const third = captureWireError(() => parseAnyPayment({ ...payment, x402Version: 3 }))
  expect(third.code).toBe('VERSION_UNSUPPORTED')
  expect(captureWireError(() => parseAnyPayment(null)).path).toBe('$')
})

test('every network has one name and one id, whichever version asks', () => {
  for (const [name, chainId] of Object.entries(v1NetworkChainIds))
    expect(toV1Network(chainId)).toBe(name)
  expect(toV1Network(31_337)).toBeUndefined()
})

test('an outcome says the same in both versions, where version 1 knows the chain', () => {
  expect(toV1SettlementResponse(outcome)).toStrictEqual(v1Outcome)
  const refused = { success: false, errorReason: 'payment_spent', transaction: '' } as const
  expect(toV1SettlementResponse({ ...refused, network: 'eip155:8453' })).toStrictEqual({
    ...refused,
    network: 'base',
  })
  expect(toV1SettlementResponse({ ...refused, network: 'eip155:31337' })).toBeUndefined()
})

import {
  decodePaymentRequiredHeader,
  decodePaymentResponseHeader,
  decodePaymentSignatureHeader,
  encodePaymentRequiredHeader,
  encodePaymentResponseHeader,
  encodePaymentSignatureHeader,
} from '@x402/core/http'
import {
  PaymentPayloadV1Schema,
  PaymentPayloadV2Schema,
  PaymentRequiredV1Schema,
  PaymentRequiredV2Schema,
} from '@x402/core/schemas'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodePaymentHeader,
  decodePaymentRequired,
  decodeSettlementResponse,
  decodeV1PaymentHeader,
  decodeV1SettlementResponse,
  encodePaymentHeader,
  encodePaymentRequired,
  encodeSettlementResponse,
  encodeV1PaymentHeader,
  encodeV1SettlementResponse,
  type PaymentPayload,
  type PaymentRequired,
  type PaymentRequirements,
  parseV1PaymentRequired,
  type SettlementResponse,
  type V1PaymentPayload,
  type V1PaymentRequired,
  type V1SettlementResponse,
} from '../src/exports/index.ts'

const hex = (bytes: number): fc.Arbitrary<`0x${string}`> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((value) => `0x${Buffer.from(value).toString('hex')}` as const)

const uint256 = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map(String)
const words = fc.string({ unit: 'grapheme', maxLength: 40 })
const filled = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }).map((value) => {
  // JSON has one zero; -0 would come back as 0 from any writer.
  return JSON.parse(JSON.stringify(value)) as unknown
})
const open = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,9}$/), json, { maxKeys: 3 })
const openSafe = open.filter(
  (value) => !/"(constructor|prototype|__proto__)":/.test(JSON.stringify(value)),
)

const requirements = fc.record(
  {
    scheme: filled,
    network: fc.constantFrom('eip155:1', 'eip155:8453', 'eip155:84532'),
    amount: uint256,
    asset: hex(20),
    payTo: hex(20),
    maxTimeoutSeconds: fc.integer({ min: 1, max: 86_400 }),
    extra: openSafe,
  },
  { requiredKeys: ['scheme', 'network', 'amount', 'asset', 'payTo', 'maxTimeoutSeconds'] },
) as fc.Arbitrary<PaymentRequirements>

const resource = fc.record(
  {
    url: filled,
    description: words,
    mimeType: words,
    serviceName: fc.stringMatching(/^[ -~]{1,32}$/),
  },
  { requiredKeys: ['url'] },
)

const payload = fc.record({
  signature: hex(65),
  authorization: fc.record({
    from: hex(20),
    to: hex(20),
    value: uint256,
    validAfter: uint256,
    validBefore: uint256,
    nonce: hex(32),
  }),
})

const payments = fc.record(
  {
    x402Version: fc.constant(2 as const),
    resource,
    accepted: requirements,
    payload,
    extensions: openSafe,
  },
  { requiredKeys: ['x402Version', 'accepted', 'payload'] },
) as fc.Arbitrary<PaymentPayload>

const challenges = fc.record(
  {
    x402Version: fc.constant(2 as const),
    error: words,
    resource,
    accepts: fc.array(requirements, { minLength: 1, maxLength: 2 }),
    extensions: openSafe,
  },
  { requiredKeys: ['x402Version', 'resource', 'accepts'] },
) as fc.Arbitrary<PaymentRequired>

const outcomes = fc.record(
  {
    success: fc.boolean(),
    errorReason: words,
    errorMessage: words,
    payer: hex(20),
    transaction: fc.oneof(hex(32), fc.constant('')),
    network: fc.constantFrom('eip155:8453', 'eip155:84532'),
    amount: uint256,
    extensions: openSafe,
    extra: openSafe,
  },
  { requiredKeys: ['success', 'transaction', 'network'] },
) as fc.Arbitrary<SettlementResponse>

const v1Network = fc.constantFrom('base', 'base-sepolia', 'polygon')

const v1Payments = fc.record({
  x402Version: fc.constant(1 as const),
  scheme: filled,
  network: v1Network,
  payload,
}) as fc.Arbitrary<V1PaymentPayload>

const v1Challenges = fc.record(
  {
    x402Version: fc.constant(1 as const),
    error: words,
    accepts: fc.array(
      fc.record(
        {
          scheme: filled,
          network: v1Network,
          maxAmountRequired: uint256,
          resource: filled,
          description: words,
          mimeType: words,
          outputSchema: openSafe,
          payTo: hex(20),
          maxTimeoutSeconds: fc.integer({ min: 1, max: 86_400 }),
          asset: hex(20),
          extra: openSafe,
        },
        { noNullPrototype: true },
      ),
      { minLength: 1, maxLength: 2 },
    ),
  },
  { requiredKeys: ['x402Version', 'accepts'] },
) as fc.Arbitrary<V1PaymentRequired>

const v1Outcomes = fc.record(
  {
    success: fc.boolean(),
    errorReason: words,
    transaction: fc.oneof(hex(32), fc.constant('')),
    network: v1Network,
    payer: hex(20),
  },
  { requiredKeys: ['success', 'transaction', 'network'] },
) as fc.Arbitrary<V1SettlementResponse>

const runs = { numRuns: 300, seed: 402 }

test('payments: we and the reference read each other', () => {
  fc.assert(
    fc.property(payments, (message) => {
      expect(decodePaymentHeader(encodePaymentSignatureHeader(message as never))).toEqual(message)
      const read = decodePaymentSignatureHeader(encodePaymentHeader(message))
      expect(read).toEqual(message)
      expect(PaymentPayloadV2Schema.parse(read)).toEqual(message)
    }),
    runs,
  )
})

test('challenges: we and the reference read each other', () => {
  fc.assert(
    fc.property(challenges, (message) => {
      expect(decodePaymentRequired(encodePaymentRequiredHeader(message as never))).toEqual(message)
      const read = decodePaymentRequiredHeader(encodePaymentRequired(message))
      expect(read).toEqual(message)
      expect(PaymentRequiredV2Schema.parse(read)).toEqual(message)
    }),
    runs,
  )
})

test('outcomes: we and the reference read each other', () => {
  fc.assert(
    fc.property(outcomes, (message) => {
      expect(decodeSettlementResponse(encodePaymentResponseHeader(message as never))).toEqual(
        message,
      )
      expect(decodePaymentResponseHeader(encodeSettlementResponse(message))).toEqual(message)
    }),
    runs,
  )
})

test('version 1 payments: we and the reference read each other', () => {
  fc.assert(
    fc.property(v1Payments, (message) => {
      expect(decodeV1PaymentHeader(encodePaymentSignatureHeader(message as never))).toEqual(message)
      const read = decodePaymentSignatureHeader(encodeV1PaymentHeader(message))
      expect(read).toEqual(message)
      expect(PaymentPayloadV1Schema.parse(read)).toEqual(message)
    }),
    runs,
  )
})

test('version 1 challenges: the reference reads what we read', () => {
  fc.assert(
    fc.property(v1Challenges, (message) => {
      expect(parseV1PaymentRequired(message)).toEqual(message)
      expect(PaymentRequiredV1Schema.parse(message)).toEqual(message)
    }),
    runs,
  )
})

test('version 1 outcomes: we and the reference read each other', () => {
  fc.assert(
    fc.property(v1Outcomes, (message) => {
      expect(decodeV1SettlementResponse(encodePaymentResponseHeader(message as never))).toEqual(
        message,
      )
      expect(decodePaymentResponseHeader(encodeV1SettlementResponse(message))).toEqual(message)
    }),
    runs,
  )
})

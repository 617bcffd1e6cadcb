import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeAnyPayment,
  decodePaymentHeader,
  decodePaymentRequired,
  decodeSettlementResponse,
  decodeV1PaymentHeader,
  encodePaymentHeader,
  encodeV1PaymentHeader,
  parsePaymentPayload,
  WireError,
} from '../src/exports/index.ts'
import { payment, v1Payment } from './samples.ts'

const decoders = [
  decodePaymentHeader,
  decodePaymentRequired,
  decodeSettlementResponse,
  decodeV1PaymentHeader,
  decodeAnyPayment,
]

/** Runs every decoder; whatever is thrown must be ours and must explain itself. */
function feed(header: string): void {
  for (const decode of decoders) {
    try {
      decode(header)
    } catch (error) {
      if (!WireError.is(error) || !/^\$[\x20-\x7e]*$/.test(error.path)) throw error
    }
  }
}

const text = JSON.stringify(payment)
const header = encodePaymentHeader(payment)
const base64 = (value: string | Uint8Array): string => Buffer.from(value).toString('base64')

const splice = (value: string, at: number, drop: number, insert: string): string =>
  value.slice(0, at) + insert + value.slice(at + drop)

const mutated = (value: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.tuple(
        fc.nat(value.length),
        fc.nat(4),
        fc.oneof(
          fc.string({ maxLength: 3 }),
          fc.constantFrom('"', '{', '}', '[', ',', ':', '\\', '='),
        ),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) =>
      edits.reduce((at, [from, drop, insert]) => splice(at, from, drop, insert), value),
    )

/** A valid payment with any one of its places replaced by any JSON value. */
const places: readonly (readonly string[])[] = [
  ['x402Version'],
  ['resource'],
  ['accepted'],
  ['accepted', 'amount'],
  ['accepted', 'network'],
  ['accepted', 'extra'],
  ['payload', 'signature'],
  ['payload', 'authorization'],
  ['payload', 'authorization', 'value'],
  ['extensions'],
]
const replaced = fc
  .tuple(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 3 }))
  .map(([place, value]) => {
    const copy = structuredClone(payment) as Record<string, unknown>
    const parent = place.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, copy)
    parent[place.at(-1) ?? ''] = value
    return copy
  })

const inputs = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.base64String({ maxLength: 200 }),
  fc.uint8Array({ maxLength: 300 }).map(base64),
  fc.json().map(base64),
  mutated(header),
  mutated(encodeV1PaymentHeader(v1Payment)),
  mutated(text).map(base64),
  replaced.map((value) => base64(JSON.stringify(value))),
)

test('20000 hostile headers: a message or a WireError, nothing else, and quickly', () => {
  const startedAtMs = performance.now()
  fc.assert(fc.property(inputs, feed), { numRuns: 20_000 })
  expect(performance.now() - startedAtMs).toBeLessThan(25_000)
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('any value at all: a message or a WireError', () => {
  const anything = fc.anything({ withBigInt: true, withNullPrototype: true, withMap: true })
  fc.assert(
    fc.property(anything, (value) => {
      try {
        parsePaymentPayload(value)
      } catch (error) {
        if (!WireError.is(error)) throw error
      }
    }),
    { numRuns: 2_000 },
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grant, intentAt, paid, recordWith, refund, response } from '../../test/recordFixture.ts'
import { states } from '../lifecycle/transitions.ts'
import { decodeRecord, encodeRecord } from './recordCodec.ts'

const uint256 = fc.bigInt({ min: 1n, max: 2n ** 256n - 1n })
const instant = fc.date({ min: new Date(0), max: new Date(8.64e15), noInvalidDate: true })
const text = fc.string({ unit: 'binary' })

/** A record in which any optional field may be missing. */
const record = fc
  .record({
    base: fc.record({
      ...{ challengeId: fc.string({ minLength: 1 }), requestId: text, scope: text, amount: text },
      ...{ resourceId: text, amountRaw: uint256, createdAt: instant, expiresAt: instant },
      ...{ chainId: fc.maxSafeNat(), version: fc.nat(), state: fc.constantFrom(...states) },
    }),
    optional: fc.record(
      {
        ...{ held: text, refundError: text, paymentFinal: fc.boolean() },
        ...{ deliveredAt: instant, refundedAt: instant, nextVisitAt: instant },
        lease: fc.record({ holder: text, untilMs: fc.maxSafeNat() }),
        paidBlock: fc.record({ number: uint256, hash: fc.constant(refund.nonce) }),
        intent: uint256.map((sinceBlock) => ({ ...intentAt('OPEN'), sinceBlock })),
        refund: uint256.map((value) => ({ ...refund, value })),
        response: fc
          .uint8Array()
          .map((bytes) => ({ ...response, body: btoa(String.fromCharCode(...bytes)) })),
        accessGrant: fc.jsonValue().map((credential) => ({ ...grant, credential })),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ base, optional }) => recordWith({ ...paid, ...base, ...optional }))

describe('recordCodec', () => {
  test('any record comes back as it went in', () => {
    fc.assert(
      fc.property(record, (one) => {
        // JSON has no negative zero; it comes back as zero, which no reader can tell apart.
        const expected = JSON.stringify(one, printable)
        expect(JSON.stringify(decodeRecord(encodeRecord(one)), printable)).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('every value is text, and no field of no value is written', () => {
    const encoded = encodeRecord({ ...recordWith(paid), held: undefined } as never)
    expect(Object.values(encoded).every((value) => typeof value === 'string')).toBe(true)
    expect(encoded).not.toHaveProperty('held')
    expect(encoded.amountRaw).toBe('100000')
    expect(encoded.createdAt).toBe('2026-01-02T03:04:05.678Z')
  })

  test('JSON of others survives, also when it imitates our own encoding', () => {
    const name = fc.oneof(fc.constantFrom('$int', '$$int', '$$$int', '__proto__', 'a'), text)
    const tree = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        ...[text, uint256, fc.constant(null), fc.boolean(), fc.integer()],
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(name, tie('tree'), { maxKeys: 3 }),
      ),
    })).tree
    fc.assert(
      fc.property(tree, (value) => {
        expect(show(asCredential(value))).toBe(show(value))
      }),
      { numRuns: 500 },
    )
  })

  test('a credential that names $int can be read again', () => {
    const credential = { $int: 'not a number', list: [{ $int: '12' }], $$int: 1n }
    expect(asCredential(credential)).toEqual(credential)
  })

  test('what breaks a promise is neither written nor read', () => {
    expect(() => encodeRecord(recordWith({ amountRaw: 0n }))).toThrow('positive')
    expect(() => encodeRecord(recordWith({ state: 'PAID' }))).toThrow('names its payment')
    const encoded = encodeRecord(recordWith())
    expect(() => decodeRecord({ ...encoded, state: 'STOLEN' })).toThrow('in the table')
    expect(() => decodeRecord({ ...encoded, amountRaw: '-1' })).toThrow('positive')
    const { challengeId: _, ...nameless } = encoded
    expect(() => decodeRecord(nameless)).toThrow('names itself')
  })
})

/** What a backend answered, written and read as part of a grant. */
function asCredential(credential: unknown): unknown {
  const record = recordWith({ ...paid, accessGrant: { ...grant, credential } })
  return decodeRecord(encodeRecord(record)).accessGrant?.credential
}

function printable(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

/** Prototypes apart: what was a dictionary without one may come back as a plain object. */
function show(value: unknown): string {
  return JSON.stringify(value, printable)
}

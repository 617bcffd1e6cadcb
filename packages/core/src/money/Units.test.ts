import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatUnits, parsePrice } from './Units.ts'

describe('parsePrice', () => {
  test.each<readonly [string, number, bigint]>([
    ['$0.10', 6, 100_000n],
    ['0.1', 6, 100_000n],
    ['$1', 6, 1_000_000n],
    ['$0.000001', 6, 1n],
    ['1234567.891', 6, 1_234_567_891_000n],
    ['7', 0, 7n],
    ['0.000000000000000001', 18, 1n],
  ])('%s with %i decimals', (price, decimals, units) => {
    expect(parsePrice(price, decimals)).toBe(units)
  })

  test.each([
    ...['', ' ', '$', '.', '.5', '5.', '$.5', '00.1', '01', '-1', '+1', '$-1', '1e3', '0x10'],
    ...['1,000', '1_000', '1.2.3', ' 1', '1 ', '1\n', '$ 1', '€1', '$$1', 'NaN', 'Infinity', '١'],
    ...['0.0000001', '0', '0.0', '$0.000000', '9'.repeat(61), '９'],
  ])('%j is no price in USDC', (price) => {
    expect(() => parsePrice(price, 6)).toThrow(expect.objectContaining({ code: 'MONEY_INVALID' }))
  })

  test('an amount beyond 2^256-1 is refused', () => {
    const most = formatUnits(2n ** 256n - 1n, 18)
    expect(parsePrice(most, 18)).toBe(2n ** 256n - 1n)
    expect(() => parsePrice(formatUnits(2n ** 256n, 18), 18)).toThrow()
  })

  test('what was refused is shown, shortened', () => {
    expect(() => parsePrice('9'.repeat(500), 6)).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ given: '9'.repeat(80) }) }),
    )
  })

  test('any amount that is written is read back exactly', () => {
    const amounts = fc.bigInt({ min: 1n, max: 10n ** 60n - 1n })
    fc.assert(
      fc.property(
        amounts,
        fc.integer({ min: 0, max: 18 }),
        fc.boolean(),
        (units, decimals, sign) => {
          const price = `${sign ? '$' : ''}${formatUnits(units, decimals)}`
          expect(parsePrice(price, decimals)).toBe(units)
        },
      ),
    )
  })

  test('any text is an exact amount or an error, never anything between', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^\$?[\d.,e+-]{0,12}$/))
    fc.assert(
      fc.property(texts, (price) => {
        const units = attempt(() => parsePrice(price, 6))
        if (units === undefined) return
        expect(formatUnits(units, 6)).toBe(normal(price))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('formatUnits', () => {
  test.each<readonly [bigint, number, string]>([
    [0n, 6, '0'],
    [1n, 6, '0.000001'],
    [100_000n, 6, '0.1'],
    [1_000_000n, 6, '1'],
    [-1_500_000n, 6, '-1.5'],
    [100n, 0, '100'],
    [2n ** 256n - 1n, 0, (2n ** 256n - 1n).toString()],
  ])('%s with %i decimals', (units, decimals, text) => {
    expect(formatUnits(units, decimals)).toBe(text)
  })
})

function attempt(run: () => bigint): bigint | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

/** A price as a person would shorten it: no dollar sign, no zeros at the end of a fraction. */
function normal(price: string): string {
  const bare = price.replace('$', '')
  return bare.includes('.') ? bare.replace(/0+$/, '').replace(/\.$/, '') : bare
}

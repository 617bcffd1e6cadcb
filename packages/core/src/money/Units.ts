import { Key0Error } from '../errors/Key0Error.ts'

const MAX_UINT256 = 2n ** 256n - 1n

/**
 * Parses a price such as `"$0.10"` or `"0.1"` into the token's smallest unit, exactly.
 *
 * @throws MONEY_INVALID for anything but digits with at most `decimals` decimal places: no sign,
 * exponent, thousands separator or white space; and for zero, because a price of nothing is a
 * configuration mistake.
 */
export function parsePrice(price: string, decimals: number): bigint {
  const match = /^\$?(0|[1-9]\d{0,59})(?:\.(\d+))?$/.exec(price)
  const fraction = match?.[2] ?? ''
  if (!match?.[1] || fraction.length > decimals) {
    throw new Key0Error('MONEY_INVALID', {
      facts: { given: price.slice(0, 80), expected: `"$1.50", with at most ${decimals} decimals` },
    })
  }
  const units = BigInt(match[1] + fraction.padEnd(decimals, '0'))
  if (units === 0n || units > MAX_UINT256) {
    throw new Key0Error('MONEY_INVALID', {
      facts: { given: price.slice(0, 80), expected: 'more than zero and less than 2^256' },
    })
  }
  return units
}

/** Writes an amount of smallest units as a decimal string, without trailing zeros. */
export function formatUnits(units: bigint, decimals: number): string {
  const sign = units < 0n ? '-' : ''
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return `${sign}${whole}${fraction && `.${fraction}`}`
}

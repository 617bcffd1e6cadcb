import { Key0Error } from '@key0/core'

type Range = { readonly min: number; readonly max: number; readonly what: string }

/** Longer than any timer of Node counts would be no time at all; three of these still fit. */
export const intervals: Range = { min: 1, max: 604_800_000, what: 'milliseconds' }
/** Ten years: before that there are no instants to be computed from. */
export const durations: Range = { min: 0, max: 315_360_000_000, what: 'milliseconds' }
export const counts: Range = { min: 1, max: 10_000, what: 'records' }

/** @throws CONFIG_INVALID naming each option that is not a whole number in its range */
export function assertNumbers(
  options: Readonly<Record<string, readonly [value: number | undefined, range: Range]>>,
): void {
  const wrong = Object.entries(options).filter(
    ([, [value, { min, max }]]) =>
      value !== undefined && !(Number.isSafeInteger(value) && value >= min && value <= max),
  )
  if (wrong.length === 0) return
  const facts = wrong.map(([name, [, { min, max, what }]]) => [
    name,
    `must be a whole number of ${what} from ${min} to ${max}`,
  ])
  throw new Key0Error('CONFIG_INVALID', { facts: Object.fromEntries(facts) })
}

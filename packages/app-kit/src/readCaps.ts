import type { RefundCap, RefundCaps } from '@key0/core'
import type { Reader } from './Reader.ts'
import { readAmount } from './readAmount.ts'

export type CapSetting =
  | 'refundMaxCountPerHour'
  | 'refundMaxCountPerDay'
  | 'refundMaxValuePerHour'
  | 'refundMaxValuePerDay'

/** How much goes back by itself; `undefined`: all that is owed. */
export function readCaps(read: Reader<CapSetting>): RefundCaps | undefined {
  const hour = readCap(read, 'refundMaxCountPerHour', 'refundMaxValuePerHour')
  const day = readCap(read, 'refundMaxCountPerDay', 'refundMaxValuePerDay')
  return hour || day ? { ...(hour && { hour }), ...(day && { day }) } : undefined
}

function readCap(
  read: Reader<CapSetting>,
  countSetting: CapSetting,
  valueSetting: CapSetting,
): RefundCap | undefined {
  if (!read.has(countSetting) && !read.has(valueSetting)) return undefined
  const value = readAmount(read, valueSetting)
  return {
    ...(read.has(countSetting) && { count: read.int(countSetting, 1, { min: 1, max: 100_000 }) }),
    ...(value !== undefined && { value }),
  }
}

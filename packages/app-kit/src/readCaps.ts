import { Key0Error, parsePrice, type RefundCap, type RefundCaps } from '@key0/core'
import type { Reader } from './Reader.ts'

export type CapSetting =
  | 'refundMaxCountPerHour'
  | 'refundMaxCountPerDay'
  | 'refundMaxValuePerHour'
  | 'refundMaxValuePerDay'

/** Of USDC, the token that is charged. */
const DECIMALS = 6

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
  const value = readValue(read, valueSetting)
  return {
    ...(read.has(countSetting) && { count: read.int(countSetting, 1, { min: 1, max: 100_000 }) }),
    ...(value !== undefined && { value }),
  }
}

function readValue(read: Reader<CapSetting>, setting: CapSetting): bigint | undefined {
  const text = read.text(setting)
  if (text === undefined) return undefined
  try {
    return parsePrice(text, DECIMALS)
  } catch (error) {
    if (!Key0Error.is(error, 'MONEY_INVALID')) throw error
    read.fault(setting, 'must be an amount such as $250 or 99.50, more than zero')
    return undefined
  }
}

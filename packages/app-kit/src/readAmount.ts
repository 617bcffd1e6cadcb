import { Key0Error, parsePrice } from '@key0/core'
import type { Reader } from './Reader.ts'

/** Of USDC, the token that is charged. */
const DECIMALS = 6

/** An amount of money in the token's smallest unit; `undefined` when none is set. */
export function readAmount<setting extends string>(
  read: Reader<setting>,
  setting: setting,
): bigint | undefined {
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

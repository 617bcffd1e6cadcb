import type { Key0Error, Order } from '@key0/core'

/** What an operator asks, in the words of a command line or of an HTTP request. */
export type Question = {
  /** As it was written; `undefined` when it was not. */
  readonly read: (name: string) => string | undefined
  /** A REQUEST_MALFORMED that names the word as whoever asks spells it. */
  readonly fault: (name: string, expected: string) => Key0Error
  /** Who decides, and why. @throws REQUEST_MALFORMED */
  readonly order: () => Order
  /** How many of anything may be asked for at once. */
  readonly most: number
}

const PAGE = 50

export function readLimit(ask: Question): number {
  return readWhole(ask, 'limit', { least: 1, most: ask.most, fallback: PAGE })
}

export function readWhole(
  ask: Question,
  name: string,
  { least, most, fallback }: { least: number; most: number; fallback: number },
): number {
  const text = ask.read(name)
  if (text === undefined) return fallback
  const given = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (given >= least && given <= most) return given
  throw ask.fault(name, `a whole number from ${least} to ${most}`)
}

export function readOption<const option extends string>(
  ask: Question,
  name: string,
  options: readonly option[],
): option | undefined {
  const text = ask.read(name)
  const found = options.find((option) => option === text)
  if (text === undefined || found !== undefined) return found
  throw ask.fault(name, `one of ${options.join(', ')}`)
}

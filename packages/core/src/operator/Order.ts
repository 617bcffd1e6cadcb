import { Key0Error } from '../errors/Key0Error.ts'

/** Who decides, and why. Both are kept with what was decided. */
export type Order = {
  /** A name that a colleague recognises, such as `"ada@example.com"`. */
  readonly actor: string
  readonly reason: string
}

// One line of any script, short enough to be read in a list.
const LINE = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]{1,200}$/u

/** @throws REQUEST_MALFORMED unless both are one line of 1 to 200 characters. */
export function assertOrder({ actor, reason }: Order): void {
  for (const [field, given] of Object.entries({ actor, reason }))
    if (typeof given !== 'string' || given.trim() === '' || !LINE.test(given)) {
      const expected = 'one line of 1 to 200 characters'
      throw new Key0Error('REQUEST_MALFORMED', { facts: { field, expected } })
    }
}

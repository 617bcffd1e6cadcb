import { randomFillSync } from 'node:crypto'

const ID_BYTES = 20
const DRAWN_AT_ONCE = 128

/**
 * Makes ids of 160 random bits, in hex. Randomness is drawn for many of them at a time, as
 * `crypto.randomUUID` does: asking for a few bytes costs as much as asking for thousands, and
 * issuing a challenge, which anybody may ask for, takes three ids.
 */
export function createIds(): () => string {
  const pool = Buffer.alloc(ID_BYTES * DRAWN_AT_ONCE)
  let at = pool.length
  return () => {
    if (at === pool.length) {
      randomFillSync(pool)
      at = 0
    }
    at += ID_BYTES
    return pool.toString('hex', at - ID_BYTES, at)
  }
}

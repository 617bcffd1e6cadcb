import type { ChallengeStore } from '@key0/core'

/** More than were ever written while nobody read the stream. */
const MOST_UNPLACED = 1_000_000_000

/** The newest sequence of the stream, found in as many questions as it has binary digits. */
export async function findHead(store: Pick<ChallengeStore, 'events'>): Promise<number> {
  // Some stores give places to what was written only when they are asked for it.
  await store.events(Number.MAX_SAFE_INTEGER, MOST_UNPLACED)
  const isBelow = async (sequence: number): Promise<boolean> =>
    (await store.events(sequence, 1)).length > 0
  if (!(await isBelow(0))) return 0
  let low = 0
  let high = 1
  while (await isBelow(high)) {
    low = high
    high *= 2
  }
  // Something is above `low`, nothing above `high`.
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2)
    if (await isBelow(middle)) low = middle
    else high = middle
  }
  return high
}

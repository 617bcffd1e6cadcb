import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { State } from '../lifecycle/transitions.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'

/** The last instant there is: whatever is put off, it is due by then. */
const END_OF_TIME = new Date(8.64e15)

const FIRST_PAGE = 1_000

/** Every record of a state in which something is open, up to `most`. Nothing is left out below. */
export async function readOpen(
  store: Pick<ChallengeStore, 'due'>,
  state: State,
  most: number = Number.MAX_SAFE_INTEGER,
): Promise<readonly ChallengeRecord[]> {
  for (let wanted = Math.min(FIRST_PAGE, most); ; wanted = Math.min(wanted * 4, most)) {
    const found = await store.due(END_OF_TIME, wanted, state)
    if (found.length < wanted || wanted === most) return found
  }
}

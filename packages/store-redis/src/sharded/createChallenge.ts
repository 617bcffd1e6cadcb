import {
  type Attempt,
  type ChallengeBase,
  type ChallengeRecord,
  Key0Error,
  type Outcome,
} from '@key0/core'
import { decodeText } from '../storedRecord.ts'
import type { ShardedContext } from './ShardedContext.ts'

/** Each round somebody else was faster; that many in a row mean that something is wrong. */
const ROUNDS = 20

/**
 * Creates a challenge whose request id is in another slot than its record: the name is taken
 * first, then the record is made. Whoever finds a name without a live record bars that record
 * from being made before taking the name over, so that two creators never both succeed.
 */
export async function createChallenge(
  context: ShardedContext,
  base: ChallengeBase,
  attempt: Attempt,
): Promise<Outcome> {
  const { run, shardOf, spread } = context
  const { challengeId: id, scope, requestId } = base
  const name = [spread.request(scope, requestId)]
  const lifetime = context.namedFor({ ...base, state: 'PENDING' } as ChallengeRecord)
  let expected = ''
  for (let round = 0; round < ROUNDS; round += 1) {
    const named = String(await run('requestOwn', name, [id, expected, atLeastOne(lifetime)]))
    if (named === id) {
      const outcome = await shardOf(id).create(base, attempt)
      if (outcome.kind !== 'absent') return outcome
      expected = ''
      continue
    }
    const found = await findLiveOrBar(context, named)
    if (found?.scope === scope && found.requestId === requestId)
      return { kind: 'replayed', record: found }
    expected = named
  }
  throw new Key0Error('STORE_UNAVAILABLE', { facts: { found: 'a request id that kept moving' } })
}

async function findLiveOrBar(
  { shardOf }: ShardedContext,
  id: string,
): Promise<ChallengeRecord | undefined> {
  const shard = shardOf(id)
  const found = await shard.run('shardBar', [shard.keys.challenge(id)], [...shard.begin(), id])
  return found === null ? undefined : decodeText(found as string)
}

/** Redis refuses a lifetime of nothing. */
function atLeastOne(lifetime: string): string {
  return lifetime === '0' || lifetime === '' ? '1' : lifetime
}

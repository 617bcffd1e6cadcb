import { listMoney, moneyKinds, type OperatorContext } from '@key0/core'
import { digestId } from '../logEvent.ts'

const PAGE = 1_000

/**
 * The id that a log line's digest stands for, among what is open; anything else is an id already.
 * Log lines carry digests, because whoever knows an id could ask for its grant.
 */
export async function resolveId(
  ctx: Pick<OperatorContext, 'store' | 'clock'>,
  given: string,
): Promise<string> {
  if (!/^[0-9a-f]{12}$/.test(given)) return given
  for (let offset = 0; ; offset += PAGE) {
    const { items } = await listMoney(ctx, { kinds: moneyKinds, limit: PAGE, offset })
    const found = items.find(({ challengeId }) => digestId(challengeId) === given)
    if (found) return found.challengeId
    if (items.length < PAGE) return given
  }
}

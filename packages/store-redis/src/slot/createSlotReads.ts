import {
  type ChallengeRecord,
  type ChallengeStore,
  forgetAtMs,
  type PaymentClaim,
  type State,
} from '@key0/core'
import { asking } from '../ops/createRunner.ts'
import type { OperationName } from '../ops/scripts.ts'
import { decodeStored, decodeText } from '../storedRecord.ts'
import type { SlotContext } from './SlotContext.ts'

type Reads = Pick<
  ChallengeStore,
  'get' | 'findActiveByRequestId' | 'getClaim' | 'findPendingForRefund' | 'due'
>

const dueStates: readonly State[] = [
  'PENDING',
  'PAID',
  'REFUND_PENDING',
  'REFUND_FAILED',
  'DELIVERED',
]

/** The questions: each is one command or one script. */
export function createSlotReads(context: SlotContext): Reads {
  const { redis, keys, run, begin, clock, retention } = context
  const find = async (
    name: OperationName,
    names: readonly string[],
    at: Date,
    limit: number,
  ): Promise<readonly ChallengeRecord[]> => {
    if (names.length === 0 || limit < 1) return []
    const found = await run(name, names, [...begin(), String(at.getTime()), String(limit)])
    return (found as readonly string[]).map(decodeText)
  }
  return {
    get: async (id) => {
      const stored = await asking(redis.hgetall(keys.challenge(id)))
      if (stored.state === undefined) return undefined
      const record = decodeStored(stored)
      // Redis itself has forgotten what its own clock says; another clock has to be asked.
      const forgetAt = clock && forgetAtMs(record, retention)
      return forgetAt !== undefined && forgetAt <= (clock?.nowMs() ?? 0) ? undefined : record
    },

    findActiveByRequestId: async (requestId, scope) => {
      const found = await run('findActive', [keys.request(scope, requestId)], begin())
      return found === null ? undefined : decodeText(found as string)
    },

    getClaim: async (paymentRef) => {
      const found = await run('getClaim', [keys.claim(paymentRef), keys.seenTx(paymentRef)], [])
      if (found === null) return undefined
      const [challengeId, disposition] = found as [string, PaymentClaim['disposition']]
      return { paymentRef, challengeId, disposition }
    },

    findPendingForRefund: (cutoff, limit) =>
      find('findPendingForRefund', [keys.paid, keys.leased], cutoff, limit),

    due: (now, limit, state) => {
      const states = state === undefined ? dueStates : dueStates.filter((one) => one === state)
      return find('due', states.map(keys.due), now, limit)
    },
  }
}

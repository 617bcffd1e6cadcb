import {
  type ChallengeRecord,
  Key0Error,
  type OperatorContext,
  type Order,
  releaseHeld,
  retryRefund,
  writeOff,
} from '@key0/core'
import { type Action, type Output, orderFlags, readOrder } from '../toCommand.ts'

type Act = (ctx: OperatorContext, id: string, order: Order) => Promise<ChallengeRecord>

/** Decisions about single records. Each of several ids is decided alone. */
export const orderActions: Readonly<Record<'retry' | 'release' | 'write-off', Action>> = {
  retry: decide('Let the workers try a failed refund again', retryRefund),
  release: decide('Give held money back to the automatic paths', releaseHeld),
  'write-off': decide('Let the seller keep a payment; release undoes it', writeOff),
}

function decide(description: string, act: Act): Action {
  return {
    description: `${description}. Takes one id or several`,
    ids: 'many',
    flags: orderFlags,
    run: async ({ ctx }, values): Promise<Output> => {
      const order = readOrder(values)
      const results: { challengeId: string; state?: string; error?: string }[] = []
      let failure: Key0Error | undefined
      for (const challengeId of values.ids)
        try {
          const { state } = await act(ctx, challengeId, order)
          results.push({ challengeId, state })
        } catch (error) {
          // One id is one answer; of several, the others are decided all the same.
          if (values.ids.length === 1 || !Key0Error.is(error)) throw error
          failure = error
          results.push({ challengeId, error: error.code })
        }
      const lines = results.map(({ challengeId, state, error }) =>
        error ? `${challengeId}: refused, ${error}` : `${challengeId} is ${state}`,
      )
      return { text: lines.join('\n'), data: results, ...(failure && { failure }) }
    },
  }
}

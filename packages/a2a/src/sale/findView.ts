import { TaskState } from '@a2a-js/sdk'
import { toProblem } from '@key0/checkout'
import { Key0Error } from '@key0/core'
import { agentId, type Settings } from '../A2aOptions.ts'
import type { TaskName } from '../task/TaskName.ts'
import { texts, viewOf } from '../task/viewOf.ts'
import type { TaskView } from '../task/writeTask.ts'

/**
 * What a task's record says of it. A task that names a request is found as a repeated request is:
 * by asking its price, which is answered with the very challenge that it has for as long as that
 * one lives.
 *
 * @throws CHALLENGE_UNKNOWN, STORE_UNAVAILABLE.
 */
export async function findView(name: TaskName, { checkout }: Settings): Promise<TaskView> {
  if (name.by === 'challenge') {
    const challenge = await checkout.engine.inspect(name.challengeId)
    // A single request is paid for where it is made; it is no task here.
    if (challenge.resource !== undefined) throw new Key0Error('CHALLENGE_UNKNOWN')
    return viewOf({ challenge, mayKnowId: true }, checkout)
  }
  const { requestId, planId, resourceId } = name
  try {
    const request = { requestId, planId, resourceId, clientAgentId: agentId }
    return viewOf(await checkout.offer(request), checkout)
  } catch (error) {
    const view = closedView(error)
    if (view === undefined) throw error
    return view
  }
}

/** What a request that cannot be offered again is, to somebody who may not know more of it. */
export function closedView(error: unknown): TaskView | undefined {
  if (!Key0Error.is(error)) return undefined
  const problem = toProblem(error)
  const failed = { state: TaskState.TASK_STATE_FAILED, status: 'payment-completed' } as const
  switch (problem.code) {
    case 'SETTLEMENT_PENDING':
      return {
        ...{ state: TaskState.TASK_STATE_WORKING, status: 'payment-submitted', problem },
        text: texts.submitted,
      }
    case 'CHALLENGE_REFUNDING':
      return { ...failed, text: texts.refundPending, problem }
    case 'CHALLENGE_REFUNDED':
      return { ...failed, text: texts.refunded, problem }
    default:
      return undefined
  }
}

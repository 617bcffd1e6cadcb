import { TaskState } from '@a2a-js/sdk'
import { toProblem } from '@key0/checkout'
import { type ChallengeRecord, Key0Error, type Offered, type ResourceRequest } from '@key0/core'
import { agentId, type Settings } from '../A2aOptions.ts'
import type { TaskName } from '../task/TaskName.ts'
import { texts, viewOf } from '../task/viewOf.ts'
import type { TaskView } from '../task/writeTask.ts'
import { toResourceRequest, toTarget } from './findOrder.ts'

/**
 * What a task's record says of it. A task that names a request is found as a repeated request is:
 * by asking its price, which is answered with the very challenge that it has for as long as that
 * one lives.
 *
 * @throws CHALLENGE_UNKNOWN, STORE_UNAVAILABLE.
 */
export async function findView(name: TaskName, settings: Settings): Promise<TaskView> {
  const { checkout } = settings
  if (name.by === 'challenge') {
    const challenge = await checkout.engine.inspect(name.challengeId)
    if (!isTask(challenge, settings)) throw new Key0Error('CHALLENGE_UNKNOWN')
    return viewOf({ challenge, mayKnowId: true }, checkout)
  }
  try {
    return viewOf(await offerAgain(name, settings), checkout)
  } catch (error) {
    const view = closedView(error)
    if (view === undefined) throw error
    return view
  }
}

async function offerAgain(
  name: Exclude<TaskName, { readonly by: 'challenge' }>,
  { checkout, backendFor }: Settings,
): Promise<Offered> {
  if (name.by === 'resource') {
    if (backendFor === undefined) throw new Key0Error('CHALLENGE_UNKNOWN')
    return checkout.offerResource(readRequest(name, checkout.engine.catalog))
  }
  const { requestId, planId, resourceId } = name
  return checkout.offer({ requestId, planId, resourceId, clientAgentId: agentId })
}

/** The request that a task's id names; what no route answers any more has no task. */
function readRequest(...name: Parameters<typeof toResourceRequest>): ResourceRequest {
  try {
    return toResourceRequest(...name)
  } catch (cause) {
    throw new Key0Error('CHALLENGE_UNKNOWN', { cause })
  }
}

/**
 * What is sold where it is asked for is no task here, and neither is an offer of what no route of
 * the catalog answers: whoever was shown it here would sign for what is not to be had here.
 */
function isTask(
  { resource, state, planId }: ChallengeRecord,
  { checkout, backendFor }: Settings,
): boolean {
  if (resource === undefined) return true
  if (backendFor === undefined) return false
  if (state !== 'PENDING') return true
  const match = checkout.engine.catalog.match(resource.method, toTarget(resource))
  return match.kind === 'found' && match.route.routeId === planId
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

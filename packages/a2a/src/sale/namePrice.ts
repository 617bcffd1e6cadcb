import type { Task } from '@a2a-js/sdk'
import type { Offered } from '@key0/core'
import { agentId, type Settings } from '../A2aOptions.ts'
import type { Ask } from '../message/readMessage.ts'
import type { Wanted } from '../message/Wanted.ts'
import type { TaskName } from '../task/TaskName.ts'
import { askFor } from '../task/viewOf.ts'
import { writeTask } from '../task/writeTask.ts'
import { bindOrder, type Order } from './findOrder.ts'
import { closedView } from './findView.ts'

/**
 * Names the price of a plan or of a single request, in a new task or in the one it has.
 *
 * @throws as `Engine.offer` and `bindOrder`
 */
export async function namePrice(
  { request, contextId, x402Version }: Ask & { readonly kind: 'price' },
  settings: Settings,
): Promise<Task> {
  const { checkout } = settings
  const order = request.resource && (await bindOrder(request.resource, settings))
  try {
    const offered = await offer(request, order, settings)
    return writeTask(nameOf(offered, contextId), {
      ...askFor(offered, checkout, x402Version),
      at: offered.challenge.updatedAt,
    })
  } catch (error) {
    const name = nameAsked(request, order, contextId)
    const view = closedView(error)
    if (name === undefined || view === undefined) throw error
    return writeTask(name, view)
  }
}

async function offer(
  { resource: _, ...wanted }: Wanted,
  order: Order | undefined,
  { checkout }: Settings,
): Promise<Offered> {
  const clientAgentId = agentId
  if (order === undefined) return checkout.offer({ ...wanted, clientAgentId })
  const { route, resource } = order.bound
  const { requestId } = wanted
  const named = requestId === undefined ? {} : { requestId }
  return checkout.offerResource({ route, resource, clientAgentId, ...named })
}

/** Whoever may not know the challenge is given a task that names what they asked for. */
function nameOf({ challenge, mayKnowId }: Offered, contextId: string | undefined): TaskName {
  const { challengeId, requestId, planId, resourceId, resource } = challenge
  if (mayKnowId) return { by: 'challenge', challengeId, contextId }
  if (resource) return { by: 'resource', requestId, resource, contextId }
  return { by: 'request', requestId, planId, resourceId, contextId }
}

function nameAsked(
  { requestId, planId, resourceId = 'default' }: Wanted,
  order: Order | undefined,
  contextId: string | undefined,
): TaskName | undefined {
  if (requestId === undefined) return undefined
  if (order) return { by: 'resource', requestId, resource: order.bound.resource, contextId }
  if (planId === undefined) return undefined
  return { by: 'request', requestId, planId, resourceId, contextId }
}

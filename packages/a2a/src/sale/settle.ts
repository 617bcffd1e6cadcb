import type { Task } from '@a2a-js/sdk'
import { malformed } from '@key0/checkout'
import { agentId, type Settings } from '../A2aOptions.ts'
import type { Ask } from '../message/readMessage.ts'
import type { TaskName } from '../task/TaskName.ts'
import { answerSale, type Outcome } from './answerSale.ts'
import { findOrder } from './findOrder.ts'

/** Takes a payment for a plan or for a single request. */
export async function pay(ask: Ask & { readonly kind: 'pay' }, settings: Settings): Promise<Task> {
  const result = await refusing(settings, () => settlePayment(ask, settings))
  const x402Version = 'amount' in ask.payment.accepted ? 2 : 1
  return answerSale(result, ask.task, { settings, x402Version })
}

/**
 * Takes a transfer that the buyer made itself.
 *
 * @throws REQUEST_MALFORMED where the task does not name its challenge
 */
export async function prove(
  { task, proof, request }: Ask & { readonly kind: 'prove' },
  settings: Settings,
): Promise<Task> {
  if (task.by !== 'challenge')
    throw malformed('challengeId', 'the challengeId that the first offer named')
  const { checkout } = settings
  const transfer = { ...proof, challengeId: task.challengeId }
  const result = await refusing(settings, async () => {
    const order = await findOrder(task, request, settings)
    if (order === undefined) return checkout.submitProof(transfer)
    const { bound, backendFor } = order
    const { route, resource } = bound
    const proven = { ...transfer, request: { planId: route.routeId, resource } }
    return checkout.proveResource(proven, backendFor(bound))
  })
  return answerSale(result, task, { settings, x402Version: 2 })
}

async function settlePayment(
  { task, payment, request }: Ask & { readonly kind: 'pay' },
  settings: Settings,
): Promise<Outcome> {
  const { checkout } = settings
  const { resource: _, ...wanted } = request
  const known = task.by === 'challenge' ? { challengeId: task.challengeId } : {}
  const paid = { ...payment, ...known }
  const order = await findOrder(task, request, settings)
  if (order === undefined) {
    const asked = { ...nameIn(task), ...wanted, clientAgentId: agentId }
    return checkout.pay(paid, asked)
  }
  const { bound, backendFor } = order
  const { route, resource } = bound
  const asked = { ...nameIn(task), ...wanted, route, resource, clientAgentId: agentId }
  return checkout.payResource(paid, asked, backendFor(bound))
}

/** What is asked for under the buyer's own name for it, where the task is known by that. */
function nameIn(task: TaskName): {
  readonly requestId?: string
  readonly planId?: string
  readonly resourceId?: string
} {
  if (task.by === 'challenge') return {}
  const { requestId } = task
  if (task.by === 'resource') return { requestId }
  return { requestId, planId: task.planId, resourceId: task.resourceId }
}

/** Who presents a payment is told how it stands with it, whatever goes wrong before. */
async function refusing({ checkout }: Settings, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    return checkout.refuse(error)
  }
}

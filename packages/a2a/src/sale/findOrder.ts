import {
  type AskedResource,
  type BackendFor,
  type BoundResource,
  bindResource,
  findPriced,
  malformed,
} from '@key0/checkout'
import { type Catalog, Key0Error, type Resource, type ResourceRequest } from '@key0/core'
import { agentId, type Settings } from '../A2aOptions.ts'
import { resourceField, type Wanted } from '../message/Wanted.ts'
import type { TaskName } from '../task/TaskName.ts'

/** A single request that is bought here, and who answers it. */
export type Order = { readonly bound: BoundResource; readonly backendFor: BackendFor }

/**
 * The single request that a message asks for.
 *
 * @throws NOT_FOUND, PATH_NOT_CANONICAL, METHOD_NOT_ALLOWED; REQUEST_MALFORMED for a free one
 */
export async function bindOrder(
  asked: AskedResource,
  { checkout, backendFor }: Settings,
): Promise<Order> {
  if (backendFor === undefined) throw new Key0Error('NOT_FOUND')
  const bound = await bindResource(checkout.engine.catalog, asked, resourceField)
  return { bound, backendFor }
}

/**
 * The single request that a message pays for: the one it repeats, or else its task's. Nothing keeps
 * a request's body but its buyer, so one that has a body has to be repeated. `undefined`: it is no
 * single request, but a plan.
 *
 * @throws as `bindOrder`, REQUEST_MALFORMED for a body that is not there, and as `Engine.inspect`
 */
export async function findOrder(
  task: TaskName,
  wanted: Wanted,
  settings: Settings,
): Promise<Order | undefined> {
  if (wanted.resource !== undefined) return bindOrder(wanted.resource, settings)
  const isPlan = wanted.planId !== undefined || wanted.resourceId !== undefined
  if (isPlan || settings.backendFor === undefined) return undefined
  const resource = await resourceOf(task, settings)
  if (resource === undefined) return undefined
  if (resource.bodyDigest !== undefined)
    throw malformed(
      `${resourceField}.body`,
      'the request once more, with the body it was priced for',
    )
  return bindOrder({ method: resource.method, path: toTarget(resource) }, settings)
}

async function resourceOf(task: TaskName, { checkout }: Settings): Promise<Resource | undefined> {
  if (task.by === 'request') return undefined
  if (task.by === 'resource') return task.resource
  return (await checkout.engine.inspect(task.challengeId)).resource
}

/**
 * How the price of a task's request is asked once more.
 *
 * @throws as `findPriced`
 */
export function toResourceRequest(
  { requestId, resource }: TaskName & { readonly by: 'resource' },
  catalog: Catalog,
): ResourceRequest {
  const { method, bodyDigest } = resource
  const asked = { method, path: toTarget(resource) }
  const { route, path, query } = findPriced(catalog, asked, resourceField)
  return {
    route,
    resource: { method, path, query, ...(bodyDigest && { bodyDigest }) },
    requestId,
    clientAgentId: agentId,
  }
}

/** Path and query of a request, as it is matched. */
export function toTarget({ path, query }: Resource): string {
  return query === '' ? path : `${path}?${query}`
}

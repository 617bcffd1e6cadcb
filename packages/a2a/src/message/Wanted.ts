import { type AskedResource, malformed } from '@key0/checkout'
import { skillIds } from '../skillIds.ts'

/** What somebody wants to buy, as far as they say: a plan, or one request of a route. */
export type Wanted = {
  readonly planId?: string
  readonly requestId?: string
  readonly resourceId?: string
  readonly resource?: AskedResource
}

/** Where a message's request stands, as a refusal names it. */
export const resourceField = 'resource'

/**
 * One message buys one thing.
 *
 * @throws REQUEST_MALFORMED naming the field
 */
export function assertOneThing(wanted: Wanted, skill: string | undefined): void {
  if (wanted.resource === undefined) return
  for (const name of ['planId', 'resourceId'] as const)
    if (wanted[name] !== undefined) throw malformed(name, 'a plan or a resource, and not both')
  if (skill === skillIds.requestAccess)
    throw malformed('skill', `${skillIds.requestResource}, for a single request`)
}

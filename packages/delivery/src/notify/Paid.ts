import type { AccessGrant, ChallengeRecord, Hash } from '@key0/core'

/**
 * The single request that a payment bought, as it is told. Its query and its body are not: they
 * are what the buyer asked, and concern nobody but whoever answers it.
 */
export type ToldResource = {
  readonly routeId: string
  /** In capitals, such as `"GET"`. */
  readonly method: string
  /** Percent-encoded, without the query. */
  readonly path: string
}

/** What the backend is told of a single request that was paid for and answered. */
export type PaidRequest = {
  readonly type: 'PaidRequest'
  readonly challengeId: string
  /** As in the header `x-key0-request-id` of the request that a proxied server answered. */
  readonly requestId: string
  readonly resourceId: string
  readonly resource: ToldResource
  readonly txHash: Hash
}

/** What a payment bought. `type` tells which of the two. */
export type Paid = AccessGrant | PaidRequest

export const paidTypes: readonly Paid['type'][] = ['AccessGrant', 'PaidRequest']

/** @returns nothing when a plan was sold */
export function toToldResource(
  record: Pick<ChallengeRecord, 'planId' | 'resource'>,
): ToldResource | undefined {
  if (!record.resource) return undefined
  const { method, path } = record.resource
  return { routeId: record.planId, method, path }
}

/** What was bought and delivered. @param record one that is DELIVERED */
export function toPaid(record: ChallengeRecord): Paid | undefined {
  const { accessGrant, challengeId, requestId, resourceId, txHash } = record
  if (accessGrant) return accessGrant
  const resource = toToldResource(record)
  if (!resource || !txHash) return undefined
  return { type: 'PaidRequest', challengeId, requestId, resourceId, resource, txHash }
}

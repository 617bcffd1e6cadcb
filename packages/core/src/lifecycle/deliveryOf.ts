import type { AccessGrant } from '../challenge/AccessGrant.ts'
import type { StoredResponse } from '../challenge/StoredResponse.ts'

/**
 * What the buyer gets, once it is stored: the grant of a plan, or the response to a request. From
 * then on it may have left, so the money can no longer go back.
 */
export function deliveryOf(record: {
  readonly accessGrant?: AccessGrant | undefined
  readonly response?: StoredResponse | undefined
}): AccessGrant | StoredResponse | undefined {
  return record.accessGrant ?? record.response
}

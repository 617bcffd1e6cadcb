import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { findDifference, type Resource } from '../challenge/Resource.ts'
import { Key0Error } from '../errors/Key0Error.ts'

/**
 * Unlike a name, a request is never left out: a payment for a cheap one must not buy a dear one.
 *
 * @throws REQUEST_CONFLICT naming the part that differs
 */
export function assertSameResource(
  record: Pick<ChallengeRecord, 'resource'>,
  asked: Resource | undefined,
): void {
  const field = findDifference(record.resource, asked)
  if (field) throw new Key0Error('REQUEST_CONFLICT', { facts: { field } })
}

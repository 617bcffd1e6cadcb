import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { assertSameResource } from './assertSameResource.ts'
import type { PresentedPayment } from './Engine.ts'

/**
 * One id, one request: the same id with another plan or resource is somebody's mistake.
 *
 * @throws REQUEST_CONFLICT naming the part that differs
 */
export function assertSameRequest(
  record: ChallengeRecord,
  asked: PresentedPayment['request'],
): void {
  for (const field of ['planId', 'resourceId', 'requestId'] as const)
    if (asked[field] !== undefined && asked[field] !== record[field])
      throw new Key0Error('REQUEST_CONFLICT', { facts: { field } })
  assertSameResource(record, asked.resource)
}

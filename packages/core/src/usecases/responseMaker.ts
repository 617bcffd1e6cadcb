import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { invariant } from '../errors/invariant.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { type Backend, isSuccess, type ServeRequest } from '../ports/Backend.ts'
import type { Done } from './deliver.ts'
import type { DeliveredResource } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import type { Maker } from './Maker.ts'

/** Makes the response to a single request: the seller's backend answers it. */
export function createResponseMaker({ newId }: EngineContext, backend: Backend): Maker {
  return {
    makes: 'response',
    holder: newId(),
    worstCaseMs: backend.worstCaseMs,
    async make(record, signal) {
      const served = await backend.serve(toServeRequest(record), signal)
      if (served.kind !== 'answered') return served
      const { response } = served
      if (isSuccess(response.status)) return { kind: 'made', fields: { response } }
      const facts = { upstreamStatus: `${response.status}` }
      return { kind: 'failed', reason: `the backend answered ${response.status}`, facts }
    },
  }
}

/**
 * A delivered request, as its buyer gets it.
 *
 * @throws RESPONSE_NOT_KEPT for a stream that an earlier request was given
 */
export function toDeliveredResource({ record, replayed }: Done): DeliveredResource {
  const { response, txHash, deliveredAt } = record
  invariant(response && txHash, 'a delivered record keeps its response')
  if (replayed && response.body === undefined) {
    const facts = {
      txHash,
      status: `${response.status}`,
      ...(deliveredAt && { deliveredAt: deliveredAt.toISOString() }),
    }
    throw new Key0Error('RESPONSE_NOT_KEPT', { facts })
  }
  return { challenge: record, response, txHash, replayed }
}

function toServeRequest(record: ChallengeRecord): ServeRequest {
  const { resource, txHash, fromAddress, paymentRef } = record
  invariant(resource && txHash && fromAddress && paymentRef, 'a paid record knows its payment')
  const { challengeId, requestId, planId: routeId, amount, amountRaw, chainId } = record
  return {
    challengeId,
    requestId,
    routeId,
    resource,
    amount,
    amountRaw,
    chainId,
    txHash,
    fromAddress,
    idempotencyKey: paymentRef,
  }
}

import { readPresentedPayment } from '@key0/checkout'
import {
  type ChallengeRecord,
  type ChallengeStore,
  type Engine,
  invariant,
  Key0Error,
  sameAddress,
} from '@key0/core'
import type { Key0, X402Challenge } from './Key0.ts'

type Calls = Pick<
  Key0,
  | 'requestAccess'
  | 'requestHttpAccess'
  | 'submitProof'
  | 'settlePayment'
  | 'processHttpPayment'
  | 'cancelChallenge'
>

const HTTP_AGENT = 'x402-http'

/** The calls that the documents name, over the engine. */
export function createCalls(engine: Engine, store: ChallengeStore): Calls {
  return {
    requestAccess: async (call) => toChallenge(await engine.issue(call)),
    requestHttpAccess: async (call) =>
      toChallenge(await engine.issue({ ...call, clientAgentId: HTTP_AGENT })),
    submitProof: async (proof) => (await engine.submitProof(proof)).grant,
    async settlePayment(payment, of) {
      const named = of?.requestId
      const asked = named && (await store.findActiveByRequestId(named, HTTP_AGENT))
      const presented = readPresentedPayment(payment, asked ? asked.challengeId : undefined)
      const record = await engine.settle(presented)
      const { challengeId, requestId, txHash, fromAddress } = record
      invariant(txHash && fromAddress, 'a settled record knows its payment')
      return { challengeId, requestId, txHash, payer: fromAddress }
    },
    async processHttpPayment({ requestId, payer }) {
      const record = await store.findActiveByRequestId(requestId, HTTP_AGENT)
      if (!record) throw new Key0Error('CHALLENGE_UNKNOWN')
      if (!record.fromAddress) throw new Key0Error('PAYMENT_REQUIRED')
      if (!sameAddress(record.fromAddress, payer)) throw new Key0Error('REQUEST_CONFLICT')
      return (await engine.deliver(record.challengeId)).grant
    },
    async cancelChallenge(challengeId) {
      await engine.cancel(challengeId)
    },
  }
}

function toChallenge(record: ChallengeRecord): X402Challenge {
  const { challengeId, requestId, planId, resourceId, amount, amountRaw, asset } = record
  const { token, chainId, destination, expiresAt } = record
  return {
    challengeId,
    requestId,
    planId,
    resourceId,
    amount,
    amountRaw,
    asset,
    token,
    chainId,
    destination,
    expiresAt,
  }
}

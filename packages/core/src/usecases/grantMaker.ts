import type { AccessGrant } from '../challenge/AccessGrant.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { invariant } from '../errors/invariant.ts'
import type { Credential, CredentialRequest } from '../ports/CredentialIssuer.ts'
import type { Done } from './deliver.ts'
import type { Delivered } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import type { Maker } from './Maker.ts'

/** Makes the grant of a plan: the issuer mints its credential. */
export function createGrantMaker(ctx: EngineContext): Maker {
  const { issuer, newId } = ctx
  return {
    makes: 'accessGrant',
    holder: newId(),
    worstCaseMs: issuer.worstCaseMs,
    async make(record, signal) {
      const issued = await issuer.issue(toPurchase(record), signal)
      if (issued.kind !== 'issued') return issued
      return { kind: 'made', fields: { accessGrant: toGrant(ctx, record, issued.credential) } }
    },
  }
}

/** A delivered plan, as its buyer gets it. */
export function toDelivered({ record, replayed }: Done): Delivered {
  const { accessGrant: grant, txHash } = record
  invariant(grant && txHash, 'a delivered record keeps its grant')
  return { challenge: record, grant, txHash, replayed }
}

function toPurchase(record: ChallengeRecord): CredentialRequest {
  const { txHash, fromAddress, paymentRef } = record
  invariant(txHash && fromAddress && paymentRef, 'a paid record knows its payment')
  const { challengeId, requestId, clientAgentId, resourceId, planId, amount, amountRaw, chainId } =
    record
  return {
    challengeId,
    requestId,
    clientAgentId,
    resourceId,
    planId,
    amount,
    amountRaw,
    chainId,
    txHash,
    fromAddress,
    idempotencyKey: paymentRef,
  }
}

function toGrant(ctx: EngineContext, record: ChallengeRecord, credential: Credential): AccessGrant {
  const { challengeId, requestId, resourceId, planId, txHash } = record
  invariant(txHash, 'a paid record knows its transaction')
  const { explorerUrl, resourceEndpoint } = ctx.settings
  return {
    type: 'AccessGrant',
    challengeId,
    requestId,
    resourceId,
    planId,
    accessToken: credential.accessToken,
    tokenType: credential.tokenType,
    ...(credential.expiresAt && { expiresAt: credential.expiresAt.toISOString() }),
    txHash,
    ...(explorerUrl && { explorerUrl: explorerUrl(txHash) }),
    ...(resourceEndpoint && { resourceEndpoint: resourceEndpoint({ resourceId, planId }) }),
    ...(credential.credential !== undefined && { credential: credential.credential }),
  }
}

import type { AccessGrant } from '../challenge/AccessGrant.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { invariant } from '../errors/invariant.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { isRefundOnly } from '../lifecycle/guard.ts'
import type { Credential, Issued } from '../ports/CredentialIssuer.ts'
import { load } from './close.ts'
import { closedError, refundFacts, STORE_LOST_WRITES } from './closed.ts'
import type { Delivered } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'

const POLL_MS = 100

/** How long nobody else may deliver: the issuer's worst case, and a margin for our own work. */
export function leaseMs(ctx: EngineContext): number {
  return ctx.issuer.worstCaseMs + 5_000
}

/**
 * Brings a PAID challenge to DELIVERED and hands out its grant, or the stored grant of one that
 * is delivered already. `holder` names the lease this request took when it settled, if it did.
 */
export async function deliver(
  ctx: EngineContext,
  record: ChallengeRecord,
  holder?: string,
): Promise<Delivered> {
  if (record.state === 'DELIVERED') return delivered(record, true)
  const barred = record.held !== undefined && record.held !== STORE_LOST_WRITES
  if (record.state !== 'PAID' || isRefundOnly(record) || barred) throw closedError(record)
  if (record.accessGrant) return complete(ctx, record, record.accessGrant)
  if (holder !== undefined && record.lease?.holder === holder) return attempt(ctx, record)
  if ((record.lease?.untilMs ?? 0) > ctx.clock.nowMs()) return waitForOther(ctx, record)

  const taken = await ctx.store.transition({
    id: record.challengeId,
    from: 'PAID',
    to: 'PAID',
    fields: { lease: { holder: ctx.newId(), untilMs: ctx.clock.nowMs() + leaseMs(ctx) } },
    version: record.version,
    key: ctx.newId(),
  })
  switch (taken.kind) {
    case 'applied':
    case 'replayed':
      return attempt(ctx, taken.record)
    case 'lost':
      return deliver(ctx, taken.record)
    case 'absent':
    case 'foreign':
      throw new Key0Error('CHALLENGE_UNKNOWN')
  }
}

/** Another request holds the lease: its result is ours too. */
async function waitForOther(ctx: EngineContext, record: ChallengeRecord): Promise<Delivered> {
  const deadlineMs = ctx.clock.nowMs() + ctx.settings.deliveryWaitMs
  while (ctx.clock.nowMs() < deadlineMs) {
    await ctx.sleep(POLL_MS)
    const current = await load(ctx, record.challengeId)
    if (current.state !== 'PAID' || current.accessGrant) return deliver(ctx, current)
    if (!current.lease)
      throw new Key0Error('DELIVERY_FAILED', { facts: refundFacts(current, ctx.settings) })
    // Whoever held it is gone: nobody delivers, so this request does.
    if (current.lease.untilMs <= ctx.clock.nowMs()) return deliver(ctx, current)
  }
  throw new Key0Error('DELIVERY_PENDING', { facts: refundFacts(record, ctx.settings) })
}

/** We hold the lease: ask the issuer, then store what it gave before anybody sees it. */
async function attempt(ctx: EngineContext, record: ChallengeRecord): Promise<Delivered> {
  const issued = await askIssuer(ctx, record)
  if (issued.kind === 'issued')
    return complete(ctx, record, toGrant(ctx, record, issued.credential))
  ctx.observe({ name: 'delivery.failed', challenge: record, reason: issued.reason })
  await ctx.store.transition({
    id: record.challengeId,
    from: 'PAID',
    to: 'PAID',
    fields: { lease: undefined },
    version: record.version,
    key: ctx.newId(),
    reason: `delivery failed: ${issued.kind}`,
  })
  throw new Key0Error('DELIVERY_FAILED', { facts: refundFacts(record, ctx.settings) })
}

async function askIssuer(ctx: EngineContext, record: ChallengeRecord): Promise<Issued> {
  const { txHash, fromAddress, paymentRef } = record
  invariant(txHash && fromAddress && paymentRef, 'a paid record knows its payment')
  const { challengeId, requestId, clientAgentId, resourceId, planId, amount, amountRaw, chainId } =
    record
  const purchase = {
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
  const signal = AbortSignal.timeout(ctx.issuer.worstCaseMs + 1_000)
  try {
    return await Promise.race([ctx.issuer.issue(purchase, signal), overdue(signal)])
  } catch (cause) {
    ctx.observe({ name: 'alert', what: 'the issuer threw', challengeId, cause })
    return { kind: 'unknown', reason: 'the issuer threw' }
  }
}

/** An issuer may ignore its signal; the buyer is answered all the same. */
function overdue(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

async function complete(
  ctx: EngineContext,
  record: ChallengeRecord,
  grant: AccessGrant,
): Promise<Delivered> {
  const outcome = await ctx.store.transition({
    id: record.challengeId,
    from: 'PAID',
    to: 'DELIVERED',
    fields: {
      accessGrant: grant,
      deliveredAt: new Date(ctx.clock.nowMs()),
      lease: undefined,
      ...(record.held !== undefined && { held: undefined }),
    },
    key: ctx.newId(),
  })
  switch (outcome.kind) {
    case 'applied':
      ctx.observe({ name: 'challenge.delivered', challenge: outcome.record })
      return delivered(outcome.record, false)
    case 'replayed':
      return delivered(outcome.record, false)
    case 'lost':
      // Another request delivered first, or a refund won: the stored fact counts, not our grant.
      if (outcome.record.state === 'DELIVERED') return delivered(outcome.record, true)
      throw closedError(outcome.record)
    case 'absent':
    case 'foreign':
      throw new Key0Error('CHALLENGE_UNKNOWN')
  }
}

function delivered(record: ChallengeRecord, replayed: boolean): Delivered {
  const { accessGrant: grant, txHash } = record
  invariant(grant && txHash, 'a delivered record keeps its grant')
  return { challenge: record, grant, txHash, replayed }
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

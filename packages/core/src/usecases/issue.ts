import type { ChallengeBase, ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { hasOpenIntent, isRefundOnly } from '../lifecycle/guard.ts'
import { type Asker, admit } from './admit.ts'
import { assertSameResource } from './assertSameResource.ts'
import { closedError } from './closed.ts'
import type { AccessRequest, Engine, Offered, ResourceRequest } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'

const REQUEST_ID = /^[A-Za-z0-9_-]{16,128}$/
// Letters of any script are fine; control characters and line breaks are not.
const RESOURCE_ID = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]{1,256}$/u

// RFC 9562 version 4: 122 random bits, which nobody guesses. Alone, or behind a prefix as the
// reference clients write it: `pay_` and the digits without their dashes.
const RANDOM_UUID =
  /(?:^|[_-])[0-9a-f]{8}(-?)[0-9a-f]{4}\1[4][0-9a-f]{3}\1[89ab][0-9a-f]{3}\1[0-9a-f]{12}$/i

/** Whether a request id is a secret of whoever chose it; any other may be a counter. */
export function isSecretRequestId(requestId: string): boolean {
  return RANDOM_UUID.test(requestId)
}

/** Puts a price on a request; see `Engine.issue`. */
export async function issue(ctx: EngineContext, request: AccessRequest): Promise<ChallengeRecord> {
  return (await offer(ctx, request)).challenge
}

/** Puts a price on a request of somebody nobody vouches for; see `Engine.offer`. */
export async function offer(ctx: EngineContext, request: AccessRequest): Promise<Offered> {
  const { planId, unitAmount, unitAmountRaw } = ctx.catalog.find(request.planId)
  const goods = { planId, amount: unitAmount, amountRaw: unitAmountRaw }
  return create(ctx, toBase(ctx, request, goods), request)
}

/** Puts a price on a single request; see `Engine.offerResource`. */
export async function offerResource(
  ctx: EngineContext,
  { route, resource, ...request }: ResourceRequest,
): Promise<Offered> {
  const { routeId: planId, unitAmount: amount, unitAmountRaw: amountRaw } = route
  const goods = { planId, amount, amountRaw, resource }
  return create(ctx, toBase(ctx, request, goods), request)
}

/** Offers the goods of a challenge under another request id; see `Engine.offerAs`. */
export async function offerAs(
  ctx: EngineContext,
  offered: ChallengeRecord,
  request: Parameters<Engine['offerAs']>[1],
): Promise<Offered> {
  const { requestId } = request
  const { scope, clientAgentId, resourceId, planId, amount, amountRaw, resource } = offered
  const { asset, token, chainId, destination, createdAt, expiresAt } = offered
  if (!REQUEST_ID.test(requestId)) throw malformed('requestId', '16 to 128 of A-Z a-z 0-9 _ -')
  const base = {
    ...{ challengeId: `http-${ctx.newId()}`, requestId, scope, clientAgentId, resourceId },
    ...{ planId, amount, amountRaw, ...(resource && { resource }) },
    ...{ asset, token, chainId, destination, createdAt, expiresAt },
  }
  return create(ctx, base, request, offered.challengeId)
}

async function create(
  ctx: EngineContext,
  base: ChallengeBase,
  asker: Asker,
  offered?: string,
): Promise<Offered> {
  const opening = await admit(ctx, base, asker, offered)
  const outcome = await ctx.store.create(base, { key: ctx.newId() })
  if (outcome.kind === 'applied') {
    ctx.openCap?.opened(outcome.record, opening)
    ctx.observe({ name: 'challenge.created', challenge: outcome.record })
    return { challenge: outcome.record, mayKnowId: true }
  }
  if (outcome.kind !== 'replayed') throw new Key0Error('STORE_UNAVAILABLE')
  const challenge = reoffer(outcome.record, base)
  return { challenge, mayKnowId: isSecretRequestId(base.requestId) }
}

/** What is sold, and for how much. */
type Goods = Pick<ChallengeBase, 'planId' | 'amount' | 'amountRaw' | 'resource'>

function toBase(
  ctx: EngineContext,
  request: Omit<AccessRequest, 'planId'>,
  goods: Goods,
): ChallengeBase {
  const { settings } = ctx
  const { requestId = ctx.newId(), resourceId = 'default' } = request
  if (!REQUEST_ID.test(requestId)) throw malformed('requestId', '16 to 128 of A-Z a-z 0-9 _ -')
  if (!RESOURCE_ID.test(resourceId)) throw malformed('resourceId', '1 to 256 printable characters')
  const nowMs = ctx.clock.nowMs()
  return {
    challengeId: `http-${ctx.newId()}`,
    requestId,
    scope: request.clientAgentId,
    clientAgentId: request.clientAgentId,
    resourceId,
    ...goods,
    asset: settings.asset,
    token: settings.token,
    chainId: settings.chainId,
    destination: settings.payTo,
    createdAt: new Date(nowMs),
    expiresAt: new Date(nowMs + settings.challengeTTLMs),
  }
}

/**
 * A request id that is known already. A paid challenge is offered again: the payer proves itself
 * by signing anew, is handed what it bought, and the new signature is never submitted.
 */
function reoffer(record: ChallengeRecord, asked: ChallengeBase): ChallengeRecord {
  if (record.planId !== asked.planId || record.resourceId !== asked.resourceId)
    throw new Key0Error('REQUEST_CONFLICT', { facts: { field: 'requestId' } })
  assertSameResource(record, asked.resource)
  if (hasOpenIntent(record)) throw new Key0Error('SETTLEMENT_PENDING')
  const offered = record.state === 'PENDING' || record.state === 'DELIVERED'
  if (offered || (record.state === 'PAID' && !isRefundOnly(record))) return record
  throw closedError(record)
}

function malformed(field: string, expected: string): Key0Error {
  return new Key0Error('REQUEST_MALFORMED', { facts: { field, expected } })
}

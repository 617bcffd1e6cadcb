import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeBase } from '../challenge/ChallengeRecord.ts'
import type { Address } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Opening } from './createOpenCap.ts'
import type { AccessRequest } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import { offerOf } from './offerOf.ts'

/** Who asks, and with what in hand. */
export type Asker = Pick<AccessRequest, 'caller' | 'requestId' | 'authorization'>

/**
 * Whether a challenge may be made, and on whose account. While nothing new is offered, who was
 * offered something before is still answered; while too much is open, so is whoever can pay.
 *
 * @param offered The challenge whose offer a payment took, when it is to be paid under another name
 * @throws SELLING_PAUSED, OVERLOADED, CHAIN_UNREACHABLE
 */
export async function admit(
  ctx: EngineContext,
  base: ChallengeBase,
  { caller, requestId, authorization }: Asker,
  offered?: string,
): Promise<Opening> {
  const isKnown = async (): Promise<boolean> =>
    requestId !== undefined &&
    (await ctx.store.findActiveByRequestId(requestId, base.scope)) !== undefined
  if (ctx.isSelling?.() === false && !(await isKnown())) throw new Key0Error('SELLING_PAUSED')
  const by = caller === undefined ? {} : { caller }
  const named = offered === undefined ? {} : { offered }
  const opening = { ...by, ...(authorization && { payment: named }) }
  if (ctx.openCap?.hasRoom(caller) !== false || (await isKnown())) return opening
  if (!authorization) throw new Key0Error('OVERLOADED')
  return { ...by, payment: { ...named, payer: await verify(ctx, base, authorization) } }
}

/**
 * Who can pay for it here and now. A signature alone would say nothing: an account costs nothing,
 * and one with the price in it does.
 */
async function verify(
  { openCap, chain, settings }: EngineContext,
  base: ChallengeBase,
  authorization: SignedAuthorization,
): Promise<Address> {
  const payer = authorization.from
  if (openCap?.hasRoomToPay(payer) === false) throw new Key0Error('OVERLOADED')
  const verified = await chain.verify(offerOf(base, settings.maxTimeoutSeconds), authorization)
  if (verified.kind === 'valid') return payer
  if (verified.kind !== 'unreachable') throw new Key0Error('OVERLOADED')
  throw new Key0Error('CHAIN_UNREACHABLE', { cause: verified.cause })
}

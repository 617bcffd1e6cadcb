import { type ChallengeRecord, hasOpenIntent, Key0Error, type Offered } from '@key0/core'
import type { PaymentPayload } from '@key0/x402'
import { writeGrant } from '../answer/writeGrant.ts'
import { type Paid, writeRefusal } from '../answer/writeRefusal.ts'
import type { Context } from '../Context.ts'
import { documentPaths, isServed } from '../discovery/Discovery.ts'
import { assertAccepted } from '../offer/assertAccepted.ts'
import { problemOf } from '../problem.ts'
import { type AccessBody, httpAgentId, readAccessBody } from '../request/readAccessBody.ts'
import {
  authorizationOf,
  challengeIdOf,
  hasPayment,
  readPayment,
  unnamed,
} from '../request/readPayment.ts'

/** `POST /x402/access`: without a payment it names the price, with one it sells. */
export async function answerAccess(
  request: Request,
  url: URL,
  context: Context,
): Promise<Response> {
  if (hasPayment(request.headers)) return sell(request, url, context)
  const body = await readAccessBody(request, context.settings.limits.maxBodyBytes)
  const offered = await offer(body, context)
  return context.offers.write(offered, url, problemOf('PAYMENT_REQUIRED'))
}

async function offer(body: AccessBody, { settings }: Context): Promise<Offered> {
  const { planId } = body
  if (planId === undefined) {
    const isTold = isServed('discover', settings.discovery)
    const discover = isTold && { discover: `${settings.baseUrl}${documentPaths.discover}` }
    const facts = { field: '$.planId', ...discover }
    throw new Key0Error('PLAN_REQUIRED', { facts })
  }
  return settings.engine.offer({ ...body, planId, clientAgentId: httpAgentId })
}

async function sell(request: Request, url: URL, context: Context): Promise<Response> {
  const { engine, limits } = context.settings
  let paid: Paid | undefined
  try {
    const payment = readPayment(request.headers, limits.maxHeaderBytes)
    const body = await readAccessBody(request, limits.maxBodyBytes)
    const { challenge, mayKnowId } = await findChallenge(payment, body, context)
    const { challengeId } = challenge
    paid = { challengeId, mayKnowId }
    checkAccepted(payment, challenge, context)
    const authorization = authorizationOf(payment)
    const onlyFresh = !mayKnowId
    return writeGrant(await engine.pay({ challengeId, authorization, request: body, onlyFresh }))
  } catch (error) {
    return writeRefusal(error, paid, url, context)
  }
}

/**
 * The challenge a payment is for: the one its `accepted` names, or else the one that the body's
 * request id names.
 */
async function findChallenge(
  payment: PaymentPayload,
  body: AccessBody,
  context: Context,
): Promise<Offered> {
  const named = challengeIdOf(payment)
  if (named !== undefined)
    return { challenge: await context.settings.engine.inspect(named), mayKnowId: true }
  if (body.requestId !== undefined) return offer(body, context)
  throw unnamed()
}

/**
 * Only an open challenge makes an offer that could be misread. For any other one the engine looks
 * at the authorization itself: who comes back for what they bought must not fail over an echo.
 */
function checkAccepted(
  { accepted }: PaymentPayload,
  challenge: ChallengeRecord,
  { offers }: Context,
): void {
  if (challenge.state !== 'PENDING' || hasOpenIntent(challenge)) return
  const { challengeId } = challenge
  const extra = { ...accepted.extra, challengeId }
  assertAccepted(offers.requirementsOf(challenge), { ...accepted, extra })
}

import { isChallengeId, malformed, readBody } from '@key0/checkout'
import { Key0Error, type Looked, type PayerProof } from '@key0/core'
import { grantHeaders } from '../answer/respond.ts'
import { writeProblem } from '../answer/writeProblem.ts'
import { type Context, paths } from '../Context.ts'
import { toHttpProblem } from '../problem.ts'
import { hasPayment, readPaymentHeader } from '../request/readPaymentHeader.ts'

/**
 * `GET /x402/challenges/{id}` tells what became of a challenge. With the payment that bought it, or
 * a newly signed one, in the usual header, or by `POST` with `{ signature, signedAt }` of the paying
 * wallet, it hands out again what was bought. It asks nobody to pay: there is no 402 here.
 */
export async function answerChallenge(
  request: Request,
  url: URL,
  context: Context,
): Promise<Response> {
  const { settings, checkout, report } = context
  try {
    const id = url.pathname.slice(paths.challenges.length)
    if (!isChallengeId(id)) throw new Key0Error('CHALLENGE_UNKNOWN')
    const proof = await readProof(request, context)
    const looked = await checkout.engine.lookUp(id, proof)
    const receipt = looked.isPayer ? await checkout.receiptOf(looked.challenge) : undefined
    const status = { ...toStatus(looked), ...(receipt && { receipt }) }
    return new Response(JSON.stringify(status), { status: 200, headers: grantHeaders })
  } catch (error) {
    const problem = toHttpProblem(error)
    const told = problem.status === 402 ? { ...problem, status: 403 as const } : problem
    report(told, url, error)
    return writeProblem(told, settings.seller)
  }
}

async function readProof(
  request: Request,
  { settings: { limits } }: Context,
): Promise<PayerProof | undefined> {
  if (hasPayment(request.headers)) {
    const { authorization } = readPaymentHeader(request.headers, limits.maxHeaderBytes)
    return { kind: 'authorization', authorization }
  }
  if (request.method !== 'POST') return undefined
  const { signature, signedAt } = await readBody(request, limits.maxBodyBytes)
  if (!isSignature(signature))
    throw malformed('$.signature', 'a signature, 0x and whole bytes in hex, at most 4096')
  if (!isInstant(signedAt))
    throw malformed('$.signedAt', 'the instant that was signed, like 2030-01-31T12:00:00.000Z')
  return { kind: 'signature', signature, signedAt: new Date(signedAt) }
}

function isSignature(value: unknown): value is `0x${string}` {
  return typeof value === 'string' && /^0x(?:[0-9a-fA-F]{2}){1,4096}$/.test(value)
}

/** Exactly as it is signed: another spelling would be another message. */
function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) return false
  return new Date(value).toISOString() === value
}

/** Whoever knows the id learns the state; only the payer what was bought, and for how much. */
function toStatus({ challenge, isPayer, refund }: Looked): object {
  const { challengeId, state, createdAt, expiresAt } = challenge
  const common = { type: 'ChallengeStatus', challengeId, state, createdAt, expiresAt }
  if (!isPayer) return { ...common, ...(refund && { refund: { status: refund.status } }) }
  const { requestId, planId, resourceId, resource, amount, asset, chainId } = challenge
  const { fromAddress: payer, txHash, paidAt, deliveredAt, accessGrant, response } = challenge
  const bought = { requestId, planId, resourceId, resource, amount, asset, chainId }
  const isDelivered = state === 'DELIVERED'
  return {
    ...common,
    ...bought,
    ...{ payer, txHash, paidAt, deliveredAt, refund },
    ...(isDelivered && { grant: accessGrant, response }),
  }
}

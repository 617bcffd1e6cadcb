import type { Journal, SignedAuthorization, Submission, Submitted } from '@key0/core'
import type { EvmChain } from '../chain/EvmChain.ts'
import { simulate } from '../chain/verify.ts'
import type { Sender, SenderCall, SentTransaction } from '../sender/Sender.ts'
import { carrierGas } from '../token/carrierGas.ts'
import { readSignature } from '../token/signature.ts'
import { encodeTransfer, hashAuthorization } from '../token/transferAuthorization.ts'
import { hasUsed, sendAgain } from './sendAgain.ts'

export type CarryRequest = {
  readonly chain: EvmChain
  readonly sender: Sender
  readonly authorization: SignedAuthorization
  readonly previous: readonly Submission[]
  /** Whether somebody has just simulated it. A carrier that reverts costs gas for nothing. */
  readonly isSimulated: boolean
}

/**
 * Brings an authorization to the chain in a transaction. The bytes that were sent before go out
 * again first; only when their gas nonce went to something else is there a new carrier. Sending
 * it too often costs gas, never money.
 */
export async function carryAuthorization(
  request: CarryRequest,
  journal: Journal,
): Promise<Submitted> {
  const { chain, sender, previous } = request
  const authorization = await canonicalise(chain, request.authorization)
  const last = findLastSent(previous)
  if (last) {
    const again = await sendAgain(request, last, journal)
    if (again.kind === 'told') return again.submitted
    if (again.kind === 'mined' && hasUsed(chain, again.receipt, authorization))
      return { kind: 'submitted', txHash: last.txHash }
  }
  if (!request.isSimulated || previous.length > 0) {
    const refusal = await tryOut(chain, authorization, previous)
    if (refusal) return refusal
  }
  return await sender.send(toCall(chain, authorization), journal)
}

export function findLastSent(previous: readonly Submission[]): SentTransaction | undefined {
  return previous.findLast((it): it is SentTransaction => it.via === 'gas-wallet')
}

/** The transaction that carries one authorization and nothing else. */
export function toCall({ token }: EvmChain, authorization: SignedAuthorization): SenderCall {
  const gas = carrierGas(authorization.signature)
  return { to: token.address, data: encodeTransfer(authorization), gas }
}

async function tryOut(
  chain: EvmChain,
  authorization: SignedAuthorization,
  previous: readonly Submission[],
): Promise<Submitted | undefined> {
  try {
    const simulation = await simulate(chain, authorization)
    return simulation === 'passes' ? undefined : toRefusal(previous, simulation.reverted)
  } catch (error) {
    return { kind: 'unknown', reason: error instanceof Error ? error.message : 'unreachable' }
  }
}

/** Never handed to anybody, now or before: provably nothing of it has left. */
export function toRefusal(previous: readonly Submission[], reason: string): Submitted {
  return { kind: previous.length === 0 ? 'refused' : 'unknown', reason }
}

/** The signature as the token reads it; a contract's own is left as it is. */
export async function canonicalise(
  { row, token }: EvmChain,
  authorization: SignedAuthorization,
): Promise<SignedAuthorization> {
  const digest = hashAuthorization(row.id, token, authorization)
  const reading = await readSignature(authorization.from, digest, authorization.signature)
  return reading.kind === 'key' ? { ...authorization, signature: reading.signature } : authorization
}

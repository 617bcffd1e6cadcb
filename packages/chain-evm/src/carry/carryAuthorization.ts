import type { Journal, SignedAuthorization, Submission, Submitted } from '@key0/core'
import type { EvmChain } from '../chain/EvmChain.ts'
import { simulate } from '../chain/verify.ts'
import type { Sender, SenderCall, SentTransaction } from '../sender/Sender.ts'
import { carrierGas } from '../token/carrierGas.ts'
import { readReceipt } from '../token/receipt.ts'
import { readSignature } from '../token/signature.ts'
import { encodeTransfer, hashAuthorization } from '../token/transferAuthorization.ts'

export type CarryRequest = {
  readonly chain: EvmChain
  readonly sender: Sender
  readonly authorization: SignedAuthorization
  readonly previous: readonly Submission[]
  /** Whether somebody has just simulated it. A carrier that reverts costs gas for nothing. */
  readonly isSimulated: boolean
}

/** A transaction that is in the pool this long without being mined gets a higher fee. */
const raiseAfterMs = 20_000

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
  const call: SenderCall = {
    to: chain.token.address,
    data: encodeTransfer(authorization),
    gas: carrierGas(authorization.signature),
  }
  const last = previous.findLast((it): it is SentTransaction => it.via === 'gas-wallet')
  if (last) {
    const again = await sendAgain(request, last, call, journal)
    if (again) return again
  }
  if (!request.isSimulated || previous.length > 0) {
    const refusal = await tryOut(chain, authorization, previous)
    if (refusal) return refusal
  }
  return await sender.send(call, journal)
}

/** What became of an earlier transaction; `undefined` when it is out of the way. */
async function sendAgain(
  { chain, sender }: CarryRequest,
  last: SentTransaction,
  call: SenderCall,
  journal: Journal,
): Promise<Submitted | undefined> {
  const { txHash } = last
  const reply = await sender.rebroadcast(last.rawTransaction)
  if (reply.kind === 'unknown') return reply
  const isOurs = last.sender.toLowerCase() === sender.address.toLowerCase()
  const isStuck = chain.clock.nowMs() - last.atMs > raiseAfterMs
  if (reply.kind === 'accepted') {
    return isOurs && isStuck
      ? await sender.replace(last, call, journal)
      : { kind: 'submitted', txHash }
  }
  if (reply.kind === 'refused') {
    // Ours keeps its gas nonce, for more; a stranger's is theirs to repair, and ours to replace.
    if (!isOurs) return undefined
    if (/insufficient/i.test(reply.reason)) return { kind: 'unknown', reason: reply.reason }
    return await sender.replace(last, call, journal)
  }
  // Its gas nonce is used. If by itself and with success, the chain has what we wanted.
  try {
    const receipt = await readReceipt(chain.rpc, txHash)
    return receipt?.status === '0x1' ? { kind: 'submitted', txHash } : undefined
  } catch (error) {
    return { kind: 'unknown', reason: error instanceof Error ? error.message : 'unreachable' }
  }
}

async function tryOut(
  chain: EvmChain,
  authorization: SignedAuthorization,
  previous: readonly Submission[],
): Promise<Submitted | undefined> {
  try {
    const simulation = await simulate(chain, authorization)
    if (simulation === 'passes') return undefined
    // Never handed to anybody, now or before: provably nothing of it has left.
    const kind = previous.length === 0 ? 'refused' : 'unknown'
    return { kind, reason: simulation.reverted }
  } catch (error) {
    return { kind: 'unknown', reason: error instanceof Error ? error.message : 'unreachable' }
  }
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

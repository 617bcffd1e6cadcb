import type { Address, Journal, Submission, Submitted } from '@key0/core'
import { type Hex, hexToBigInt, numberToHex, size } from 'viem'
import type { EvmChain } from '../chain/EvmChain.ts'
import { isRevert } from '../rpc/RpcError.ts'
import { broadcast } from '../sender/broadcast.ts'
import type { Sender, SenderCall } from '../sender/Sender.ts'
import { encodeNamedTransfer, type NamedTransfer } from '../token/namedTransfer.ts'
import { findLastSent } from './carryAuthorization.ts'
import { sendAgain } from './sendAgain.ts'

/** The gas limit of a plain transfer: tokens behind proxies take about 60,000. */
export const transferGas = 200_000n

export type TransferRequest = {
  readonly chain: EvmChain
  /** The paying wallet's own lane; absent where its key is not held. */
  readonly sender: Sender | undefined
  readonly transfer: NamedTransfer
  readonly previous: readonly Submission[]
}

/**
 * Brings a plain transfer to the chain. It is signed in one gas nonce of the wallet that pays it:
 * the chain executes that nonce once, and so the transfer. As long as anything was persisted for it,
 * the same bytes go out again, or the same call in the same gas nonce for a higher fee; a second
 * gas nonce is never given to it here. Whether the first can still land is what `Chain.observe`
 * decides, from final blocks.
 */
export async function carryTransfer(
  { chain, sender, transfer, previous }: TransferRequest,
  journal: Journal,
): Promise<Submitted> {
  const last = findLastSent(previous)
  if (!sender) return await handOut(chain, last?.rawTransaction)
  if (last) {
    const again = await sendAgain({ chain, sender }, last, journal)
    if (again.kind === 'told') return again.submitted
    if (again.kind === 'mined') return { kind: 'submitted', txHash: last.txHash }
    return { kind: 'unknown', reason: 'another transaction of this wallet has its gas nonce' }
  }
  const { address: to } = chain.token
  const call: SenderCall = { to, data: encodeNamedTransfer(transfer), gas: transferGas }
  const refusal = await tryOut(chain, sender.address, call)
  return refusal ?? (await sender.sendOnce(call, journal))
}

/** Anybody may hand out what the wallet signed once. */
async function handOut(chain: EvmChain, rawTransaction: Hex | undefined): Promise<Submitted> {
  // Not `refused`: whoever holds the key goes on with it.
  if (rawTransaction === undefined) return { kind: 'unknown', reason: 'no key of this wallet' }
  const reply = await broadcast(chain.rpc, rawTransaction)
  if (reply.kind === 'accepted') return { kind: 'submitted' }
  const reason = 'reason' in reply ? reply.reason : `gas nonce ${reply.kind}`
  return { kind: 'unknown', reason }
}

/** Runs it without sending it. Some tokens answer `false` instead of reverting, some nothing. */
async function tryOut(
  { rpc }: EvmChain,
  from: Address,
  { to, data, gas }: SenderCall,
): Promise<Submitted | undefined> {
  try {
    const call = { from, to, data, gas: numberToHex(gas) }
    const answer = await rpc.request<Hex>('eth_call', [call, 'latest'])
    if (size(answer) === 0 || hexToBigInt(answer) === 1n) return undefined
    return { kind: 'refused', reason: 'the token answered that it would not' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreachable'
    return { kind: isRevert(error) ? 'refused' : 'unknown', reason }
  }
}

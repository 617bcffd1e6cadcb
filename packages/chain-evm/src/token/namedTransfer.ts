import { type Address, type Hash, type Hex, sameAddress } from '@key0/core'
import { concat, encodeFunctionData, isHex, parseTransaction, size, slice } from 'viem'
import type { Rpc } from '../rpc/Rpc.ts'
import { RpcInconsistent } from '../rpc/RpcError.ts'
import { tokenAbi } from './tokenAbi.ts'

/** What a plain transfer moves, and the refund that it says it is. */
export type NamedTransfer = {
  readonly to: Address
  readonly value: bigint
  /** The refund's own nonce, see `refundNonce`. */
  readonly nonce: Hash
}

/**
 * The call of a plain transfer with the refund's nonce behind its arguments. Contracts read the
 * arguments and no further; whoever looks at the chain finds out which payment was refunded, also
 * when no database remembers it.
 */
export function encodeNamedTransfer({ to, value, nonce }: NamedTransfer): Hex {
  const args = [to, value] as const
  const call = encodeFunctionData({ abi: tokenAbi, functionName: 'transfer', args })
  return concat([call, nonce])
}

/** The nonce behind a plain transfer's arguments, or `undefined`: it is none of ours. */
function readNameOf(input: Hex): Hash | undefined {
  if (!isHex(input) || size(input) !== callBytes + 32) return undefined
  return input.startsWith(selector) ? slice(input, callBytes) : undefined
}

const callBytes = 4 + 2 * 32
const selector = '0xa9059cbb'

/**
 * The name that a transaction in the chain gives itself, when it calls the token directly. A node
 * that showed its log or its receipt and does not show the transaction says nothing about the name:
 * taken for none, a refund that is in the chain would be sent again.
 *
 * @throws what `Rpc.withOneNode` throws, and RpcInconsistent when no node shows the transaction.
 */
export async function readTransactionName(
  rpc: Pick<Rpc, 'withOneNode'>,
  token: Address,
  txHash: Hash,
): Promise<Hash | undefined> {
  const names = known.get(rpc) ?? new Map<Hash, Hash | undefined>()
  known.set(rpc, names)
  if (names.has(txHash)) return names.get(txHash)
  const { to, input } = await rpc.withOneNode(async (request) => {
    const found = await request<RawTransaction | null>('eth_getTransactionByHash', [txHash])
    if (found) return found
    throw new RpcInconsistent(`the node does not show the transaction ${txHash}`)
  })
  const name = to && sameAddress(to, token) ? readNameOf(input) : undefined
  if (names.size >= remembered) names.clear()
  names.set(txHash, name)
  return name
}

type RawTransaction = { readonly to: Address | null; readonly input: Hex }

/** The same of a transaction that is at hand, signed, and need not be asked for. */
export function readSignedName(rawTransaction: Hex, token: Address): Hash | undefined {
  const { to, data } = parseTransaction(rawTransaction)
  return to && data && sameAddress(to, token) ? readNameOf(data) : undefined
}

/** A hash stands for one content for ever, and many refunds of one payer look at the same ones. */
const known = new WeakMap<object, Map<Hash, Hash | undefined>>()
const remembered = 10_000

import { type Address, type Hash, type Hex, sameAddress } from '@key0/core'
import { concat, encodeFunctionData, isHex, size, slice } from 'viem'
import type { RpcRequest } from '../rpc/Rpc.ts'
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
 * The name that a transaction gives itself, when it calls the token directly. Throws what
 * `Rpc.request` throws.
 */
export async function readTransactionName(
  rpc: { readonly request: RpcRequest },
  token: Address,
  txHash: Hash,
): Promise<Hash | undefined> {
  const names = known.get(rpc) ?? new Map<Hash, Hash | undefined>()
  known.set(rpc, names)
  if (names.has(txHash)) return names.get(txHash)
  type RawTransaction = { readonly to: Address | null; readonly input: Hex }
  const found = await rpc.request<RawTransaction | null>('eth_getTransactionByHash', [txHash])
  if (!found) return undefined
  const name = found.to && sameAddress(found.to, token) ? readNameOf(found.input) : undefined
  if (names.size >= remembered) names.clear()
  names.set(txHash, name)
  return name
}

/** A hash stands for one content for ever, and many refunds of one payer look at the same ones. */
const known = new WeakMap<object, Map<Hash, Hash | undefined>>()
const remembered = 10_000

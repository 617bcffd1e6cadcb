import type { Address, Hash, Hex } from '@key0/core'
import {
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  decodeFunctionResult,
  encodeFunctionData,
  numberToHex,
} from 'viem'
import type { Rpc } from '../rpc/Rpc.ts'
import { RpcError } from '../rpc/RpcError.ts'
import { tokenAbi } from './tokenAbi.ts'

type Name = ContractFunctionName<typeof tokenAbi, 'view'>

/** Where a call is made: a tag, or a block by hash, which must be part of the chain. */
export type At = 'latest' | { readonly blockHash: Hash }

/** No view of ours needs more. Without a cap, a hostile contract may burn a node's own limit. */
const callGasLimit = 500_000n

/** Reads a view of a contract. Throws what `Rpc.request` throws. */
export async function readView<name extends Name>(
  rpc: Rpc,
  address: Address,
  functionName: name,
  args: ContractFunctionArgs<typeof tokenAbi, 'view', name>,
  at: At = 'latest',
): Promise<ContractFunctionReturnType<typeof tokenAbi, 'view', name>> {
  const call = { abi: tokenAbi, functionName, args }
  const data = encodeFunctionData(call as Parameters<typeof encodeFunctionData>[0])
  const gas = numberToHex(callGasLimit)
  const block = at === 'latest' ? at : { blockHash: at.blockHash, requireCanonical: true }
  const answer = await rpc.request<Hex>('eth_call', [{ to: address, data, gas }, block])
  // An account without code answers every call with nothing.
  if (answer === '0x') throw new RpcError(3, 'reverted: no contract answers at this address')
  try {
    const decoded = { abi: tokenAbi, functionName, data: answer }
    return decodeFunctionResult(
      decoded as Parameters<typeof decodeFunctionResult>[0],
    ) as ContractFunctionReturnType<typeof tokenAbi, 'view', name>
  } catch {
    throw new RpcError(3, `reverted: ${functionName} answered something else`)
  }
}

/** Whether an account has code: a contract, or a key that delegates to one (EIP-7702). */
export async function readHasCode(rpc: Rpc, address: Address): Promise<boolean> {
  const code = await rpc.request<Hex>('eth_getCode', [address, 'latest'])
  return code !== '0x'
}

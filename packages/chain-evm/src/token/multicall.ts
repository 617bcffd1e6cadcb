import type { Address, Hex } from '@key0/core'
import {
  BaseError,
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  multicall3Abi,
  numberToHex,
  zeroAddress,
} from 'viem'
import type { Rpc } from '../rpc/Rpc.ts'
import { isRevert } from '../rpc/RpcError.ts'
import { tokenAbi } from './tokenAbi.ts'

/** Where Multicall3 is on nearly every chain (github.com/mds1/multicall). */
export const multicallAddress: Address = '0xcA11bde05977b3631167028862bE2a173976CA11'

/** What one of several calls did. */
export type CallResult =
  | { readonly kind: 'passes' }
  | { readonly kind: 'reverts'; readonly reason: string }

/** One call of Multicall3 that makes all of `calls` on one contract, each failing alone. */
export function encodeTogether(target: Address, calls: readonly Hex[]): Hex {
  const args = calls.map((callData) => ({ target, allowFailure: true, callData }))
  return encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [args] })
}

/** What the calls would do, in their order. Throws what `Rpc.request` throws. */
export async function simulateTogether(
  rpc: Rpc,
  target: Address,
  calls: readonly Hex[],
  gas: bigint,
): Promise<readonly CallResult[]> {
  const data = encodeTogether(target, calls)
  const call = { from: zeroAddress, to: multicallAddress, data, gas: numberToHex(gas) }
  const answer = await rpc.request<Hex>('eth_call', [call, 'latest'])
  const results = decodeFunctionResult({
    abi: multicall3Abi,
    functionName: 'aggregate3',
    data: answer,
  })
  return results.map(({ success, returnData }) =>
    success ? { kind: 'passes' } : { kind: 'reverts', reason: readReason(returnData) },
  )
}

function readReason(data: Hex): string {
  try {
    const { errorName, args } = decodeErrorResult({ abi: [], data })
    return `execution reverted: ${errorName === 'Error' ? args[0] : errorName}`
  } catch {
    return 'execution reverted'
  }
}

/**
 * Whether the chain has a contract there that does what Multicall3 does: it is asked for one call
 * that works and one that does not. Throws what `Rpc.request` throws, but for reverts.
 */
export async function probeMulticall(rpc: Rpc, token: Address): Promise<boolean> {
  const works = encodeFunctionData({ abi: tokenAbi, functionName: 'decimals' })
  try {
    const results = await simulateTogether(rpc, token, [works, '0xffffffff'], 1_000_000n)
    const [first, second] = results
    return results.length === 2 && first?.kind === 'passes' && second?.kind !== 'passes'
  } catch (error) {
    // An account without code answers with nothing, another contract with something else.
    if (isRevert(error) || error instanceof BaseError) return false
    throw error
  }
}

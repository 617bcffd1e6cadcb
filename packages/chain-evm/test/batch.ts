import type { Address, Hash, Hex } from '@key0/core'
import type { Sandbox } from '@key0/sandbox'
import { concatHex, encodeFunctionData, numberToHex, padHex, parseAbi, size, slice } from 'viem'
import { askNode } from './rig.ts'

const erc20 = parseAbi(['function transfer(address to, uint256 value)'])

export function encodePlain(to: Address, value: bigint): Hex {
  return encodeFunctionData({ abi: erc20, functionName: 'transfer', args: [to, value] })
}

/**
 * Calls the token several times in one transaction, in the name of a contract that exists only
 * while it is created. Give that contract its money
 * before: its address follows from the sender and its nonce.
 */
export async function sendBatch(
  sandbox: Sandbox,
  from: Address,
  calls: readonly Hex[],
): Promise<Hash> {
  const token = sandbox.usdc.address
  const data = concatHex(calls.map((call) => toCode(token, call)))
  await askNode(sandbox, 'anvil_impersonateAccount', [from])
  const gas = numberToHex(5_000_000)
  const txHash = await askNode<Hash>(sandbox, 'eth_sendTransaction', [{ from, data, gas }])
  await sandbox.mine(1)
  return txHash
}

/** Memory from 0 := the call's data; CALL the token with it; go on whatever it answered. */
function toCode(token: Address, call: Hex): Hex {
  const words: Hex[] = []
  for (let at = 0; at < size(call); at += 32) {
    const word = padHex(slice(call, at, Math.min(at + 32, size(call))), { dir: 'right', size: 32 })
    words.push(concatHex(['0x7f', word, '0x61', numberToHex(at, { size: 2 }), '0x52']))
  }
  const length = numberToHex(size(call), { size: 2 })
  const ask = concatHex(['0x6000600061', length, '0x6000600073', token, '0x5af150'])
  return concatHex([...words, ask])
}

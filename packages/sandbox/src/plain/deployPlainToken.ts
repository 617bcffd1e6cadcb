import {
  type Address,
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  type ParseAbi,
  parseAbi,
  parseAbiParameters,
} from 'viem'
import { getLogs, readContract } from 'viem/actions'
import { createRpc, sendAsRole, sendTransaction, waitForTransaction } from '../Rpc.ts'
import { SandboxError } from '../SandboxError.ts'
import { plainTokenCode } from './plainTokenCode.ts'

const signatures = [
  'function balanceOf(address account) view returns (uint256)',
  'function mint(address to, uint256 value)',
  'function setPaused(bool paused)',
  'function transfer(address to, uint256 value) returns (bool)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
] as const

const abi: ParseAbi<typeof signatures> = parseAbi(signatures)

/** A transfer of the token; a mint comes from the zero address. */
export type PlainTransfer = {
  readonly from: Address
  readonly to: Address
  /** Atomic units. */
  readonly value: bigint
  readonly transactionHash: Hex
}

/** A token that knows `transfer` and nothing of authorizations. */
export type PlainToken = {
  readonly address: Address
  readonly symbol: string
  readonly decimals: number
  readonly mint: (to: Address, value: bigint) => Promise<Hex>
  /** A transfer, for which the sender pays gas. Resolves with its hash, as in `MoneyControl`. */
  readonly transfer: (from: Address, to: Address, value: bigint) => Promise<Hex>
  readonly balanceOf: (account: Address) => Promise<bigint>
  /** Every matching transfer on the chain as it is now, oldest first. */
  readonly transfers: (filter?: {
    readonly from?: Address
    readonly to?: Address
  }) => Promise<readonly PlainTransfer[]>
  /** From then on it refuses every transfer; `false` undoes it. */
  readonly setPaused: (paused: boolean) => Promise<Hex>
}

/**
 * Deploys an EIP-20 token without EIP-3009 and EIP-2612 to a sandbox: what tests need for payments
 * in other tokens than USDC.
 *
 * @throws {SandboxError} `transaction_timeout` while blocks are stalled.
 */
export async function deployPlainToken(
  { rpcUrl }: { readonly rpcUrl: string },
  { symbol = 'PLAIN', decimals = 6 }: { readonly symbol?: string; readonly decimals?: number } = {},
): Promise<PlainToken> {
  const rpc = createRpc(rpcUrl)
  const parameters = parseAbiParameters('string, string, uint8')
  const setup = encodeAbiParameters(parameters, [`${symbol} of the sandbox`, symbol, decimals])
  const hash = await sendAsRole(rpc, 'owner', { data: concat([plainTokenCode, setup]) })
  const { contractAddress: address } = await waitForTransaction(rpc, hash, 5_000)
  if (!address) throw new SandboxError('transaction_reverted', `${hash} deployed no contract`)
  const to = address
  return {
    ...{ address, symbol, decimals },
    mint: async (payee, value) => {
      const data = encodeFunctionData({ abi, functionName: 'mint', args: [payee, value] })
      return await sendAsRole(rpc, 'owner', { to, data })
    },
    transfer: async (from, payee, value) => {
      const data = encodeFunctionData({ abi, functionName: 'transfer', args: [payee, value] })
      return await sendTransaction(rpc, { from, to, data })
    },
    balanceOf: async (account) =>
      await readContract(rpc.client, { address, abi, functionName: 'balanceOf', args: [account] }),
    transfers: async (args = {}) => {
      const filter = { address, event: abi[4], args, fromBlock: 0n, strict: true } as const
      const logs = await getLogs(rpc.client, { ...filter, toBlock: 'latest' })
      return logs.map(({ args: moved, transactionHash }) => ({ ...moved, transactionHash }))
    },
    setPaused: async (paused) => {
      const data = encodeFunctionData({ abi, functionName: 'setPaused', args: [paused] })
      return await sendAsRole(rpc, 'owner', { to, data })
    },
  }
}

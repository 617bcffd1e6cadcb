import { type Address, encodeFunctionData, type Hex } from 'viem'
import { getBlock, getBlockNumber, getLogs, readContract } from 'viem/actions'
import { type Rpc, sendAsRole, sendTransaction } from '../Rpc.ts'
import { SandboxError } from '../SandboxError.ts'
import {
  type SignedTransferAuthorization,
  type SignTransferAuthorizationOptions,
  signTransferAuthorization,
} from '../signTransferAuthorization.ts'
import { fiatTokenAbi } from '../usdc/fiatToken.ts'
import type { Usdc } from '../usdc/Usdc.ts'

/** Amounts to add to an account: `eth` in wei, `usdc` in atomic units (6 decimals). */
export type Funding = { readonly eth?: bigint; readonly usdc?: bigint }

/** One `Transfer` event of the USDC contract. A mint comes from the zero address. */
export type UsdcTransfer = {
  readonly from: Address
  readonly to: Address
  /** Atomic units. */
  readonly value: bigint
  readonly transactionHash: Hex
  readonly logIndex: number
  readonly blockNumber: bigint
  readonly blockHash: Hex
}

export type TransferFilter = {
  readonly from?: Address
  readonly to?: Address
  /** Default 0. */
  readonly fromBlock?: bigint
}

/**
 * Money by real transactions. Each method resolves with the transaction's hash when it is mined;
 * while blocks are stalled it resolves at once and the transaction waits in the pool, before all
 * others. A transaction that the contract refuses rejects with the contract's reason.
 */
export type MoneyControl = {
  /** Adds ETH from the faucet and newly minted USDC. */
  readonly fund: (address: Address, amounts: Funding) => Promise<void>
  readonly mint: (address: Address, usdc: bigint) => Promise<Hex>
  /** USDC at the latest block, in atomic units. */
  readonly balanceOf: (address: Address) => Promise<bigint>
  /** ETH at the latest block, in wei. */
  readonly ethBalanceOf: (address: Address) => Promise<bigint>
  /** A plain ERC-20 transfer, for which the sender pays gas. */
  readonly transfer: (from: Address, to: Address, usdc: bigint) => Promise<Hex>
  /** Every matching transfer on the chain as it is now, oldest first. */
  readonly transfers: (filter?: TransferFilter) => Promise<readonly UsdcTransfer[]>
  /**
   * Signs as a buyer does. `validBefore` defaults to five minutes after the later of the clock and
   * the chain's latest block.
   */
  readonly signTransferAuthorization: (
    options: Omit<SignTransferAuthorizationOptions, 'domain' | 'validBefore'> & {
      readonly validBefore?: bigint
    },
  ) => Promise<SignedTransferAuthorization>
  /**
   * Submits a signed authorization as a stranger would, past the shop. `overload` chooses between
   * the contract's two functions; default `bytes`.
   */
  readonly submitAuthorization: (
    signed: SignedTransferAuthorization,
    options?: { readonly overload?: 'bytes' | 'vrs' },
  ) => Promise<Hex>
  /** True once the payer's nonce is used or cancelled. */
  readonly authorizationState: (authorizer: Address, nonce: Hex) => Promise<boolean>
  /** From then on the contract refuses every transfer from and to the address. */
  readonly blacklist: (address: Address) => Promise<Hex>
  readonly unblacklist: (address: Address) => Promise<Hex>
  /** From then on the contract refuses every transfer. */
  readonly pause: () => Promise<Hex>
  readonly unpause: () => Promise<Hex>
}

export function createMoneyControl(rpc: Rpc, usdc: Usdc): MoneyControl {
  const contract = { address: usdc.address, abi: fiatTokenAbi } as const
  const to = usdc.address
  const mint: MoneyControl['mint'] = async (address, amount) => {
    const args = [address, checkAmount('usdc', amount)] as const
    const data = encodeFunctionData({ abi: fiatTokenAbi, functionName: 'mint', args })
    return await sendAsRole(rpc, 'minter', { to, data })
  }
  const ban = async (functionName: 'blacklist' | 'unBlacklist', account: Address): Promise<Hex> => {
    const data = encodeFunctionData({ abi: fiatTokenAbi, functionName, args: [account] })
    return await sendAsRole(rpc, 'blacklister', { to, data })
  }
  const halt = async (functionName: 'pause' | 'unpause'): Promise<Hex> => {
    const data = encodeFunctionData({ abi: fiatTokenAbi, functionName })
    return await sendAsRole(rpc, 'pauser', { to, data })
  }
  return {
    fund: async (address, { eth, usdc: amount }) => {
      if (eth !== undefined) {
        await sendAsRole(rpc, 'faucet', { to: address, value: checkAmount('eth', eth) })
      }
      if (amount !== undefined) await mint(address, amount)
    },
    mint,
    balanceOf: async (account) =>
      await readContract(rpc.client, { ...contract, functionName: 'balanceOf', args: [account] }),
    ethBalanceOf: async (account) =>
      BigInt(await rpc.request<Hex>('eth_getBalance', [account, 'latest'])),
    transfer: async (from, payee, amount) => {
      const args = [payee, checkAmount('usdc', amount)] as const
      const data = encodeFunctionData({ abi: fiatTokenAbi, functionName: 'transfer', args })
      return await sendTransaction(rpc, { from, to, data })
    },
    transfers: async (filter = {}) => await readTransfers(rpc, usdc, filter),
    signTransferAuthorization: async (options) =>
      await signTransferAuthorization({
        ...options,
        domain: usdc.domain,
        validBefore: options.validBefore ?? (await inFiveMinutes(rpc)),
      }),
    submitAuthorization: async (signed, { overload = 'bytes' } = {}) =>
      await sendAsRole(rpc, 'faucet', { to, data: encodeAuthorization(signed, overload) }),
    authorizationState: async (authorizer, nonce) =>
      await readContract(rpc.client, {
        ...contract,
        functionName: 'authorizationState',
        args: [authorizer, nonce],
      }),
    blacklist: async (account) => await ban('blacklist', account),
    unblacklist: async (account) => await ban('unBlacklist', account),
    pause: async () => await halt('pause'),
    unpause: async () => await halt('unpause'),
  }
}

function encodeAuthorization(signed: SignedTransferAuthorization, overload: 'bytes' | 'vrs'): Hex {
  const { authorization: auth, signature, v, r, s } = signed
  const message = [
    auth.from,
    auth.to,
    auth.value,
    auth.validAfter,
    auth.validBefore,
    auth.nonce,
  ] as const
  const call = { abi: fiatTokenAbi, functionName: 'transferWithAuthorization' } as const
  return overload === 'bytes'
    ? encodeFunctionData({ ...call, args: [...message, signature] })
    : encodeFunctionData({ ...call, args: [...message, v, r, s] })
}

async function readTransfers(
  rpc: Rpc,
  usdc: Usdc,
  { from, to, fromBlock = 0n }: TransferFilter,
): Promise<readonly UsdcTransfer[]> {
  // Anvil refuses a range that begins after its head; for who asks, nothing happened there yet.
  const head = await getBlockNumber(rpc.client, { cacheTime: 0 })
  if (fromBlock > head) return []
  const logs = await getLogs(rpc.client, {
    address: usdc.address,
    event: transferEvent,
    args: { ...(from && { from }), ...(to && { to }) },
    fromBlock,
    toBlock: 'latest',
    strict: true,
  })
  return logs.map((log) => ({
    ...log.args,
    transactionHash: log.transactionHash,
    logIndex: log.logIndex,
    blockNumber: log.blockNumber,
    blockHash: log.blockHash,
  }))
}

const transferEvent = fiatTokenAbi.find((item) => item.type === 'event') as Extract<
  (typeof fiatTokenAbi)[number],
  { type: 'event' }
>

async function inFiveMinutes(rpc: Rpc): Promise<bigint> {
  const { timestamp } = await getBlock(rpc.client, { blockTag: 'latest' })
  const clock = BigInt(Math.floor(Date.now() / 1000))
  return (timestamp > clock ? timestamp : clock) + 300n
}

function checkAmount(field: string, amount: bigint): bigint {
  if (typeof amount !== 'bigint' || amount < 0n) {
    throw new SandboxError('bad_option', `${field}: expected a bigint of atomic units, 0n or more`)
  }
  return amount
}

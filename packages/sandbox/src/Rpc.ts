import {
  type Address,
  BaseError,
  type Client,
  createClient,
  type Hex,
  http,
  numberToHex,
} from 'viem'
import { SandboxError } from './SandboxError.ts'
import type { RoleName } from './Wallet.ts'
import { roleAddress } from './Wallet.ts'

/** A line to one anvil node, with one queue for everything that takes an account's next nonce. */
export type Rpc = {
  readonly url: string
  readonly client: Client
  readonly request: <result>(method: string, params?: readonly unknown[]) => Promise<result>
  /** Runs `task` after every task that was queued before it, whether those worked or not. */
  readonly inOrder: <result>(task: () => Promise<result>) => Promise<result>
}

export function createRpc(url: string): Rpc {
  // A retry would hide the very faults that a sandbox is there to show.
  const client: Client = createClient({ transport: http(url, { retryCount: 0 }) })
  const send = client.request as (args: { method: string; params: unknown }) => Promise<unknown>
  let tail: Promise<unknown> = Promise.resolve()
  return {
    url,
    client,
    request: async <result>(method: string, params: readonly unknown[] = []): Promise<result> =>
      (await send({ method, params })) as result,
    inOrder: <result>(task: () => Promise<result>): Promise<result> => {
      const next = tail.then(task, task)
      tail = next.catch(() => undefined)
      return next
    },
  }
}

export type Transaction = {
  readonly from: Address
  readonly to?: Address
  readonly data?: Hex
  readonly value?: bigint
}

const gwei = 10n ** 9n

/**
 * Sends a transaction from an account whose key the node does not have (it is impersonated), and
 * waits until it is mined. While blocks are stalled nothing is mined: the transaction stays in the
 * pool and the hash is returned at once.
 */
export async function sendTransaction(rpc: Rpc, transaction: Transaction): Promise<Hex> {
  return await submit(rpc, transaction, {})
}

/**
 * Sends a transaction from a role. It offers the highest fees of all, so that among the waiting
 * transactions of a stalled chain the administrator's lands first in the next block.
 */
export async function sendAsRole(
  rpc: Rpc,
  role: RoleName,
  transaction: Omit<Transaction, 'from'>,
): Promise<Hex> {
  const fees = {
    maxFeePerGas: numberToHex(1_000_000n * gwei),
    maxPriorityFeePerGas: numberToHex(1_000n * gwei),
  }
  return await submit(rpc, { from: roleAddress(role), ...transaction }, fees)
}

async function submit(rpc: Rpc, transaction: Transaction, fees: object): Promise<Hex> {
  const { value, ...rest } = transaction
  const fields = { ...rest, ...fees, ...(value === undefined ? {} : { value: numberToHex(value) }) }
  const isWaiting = await isStalled(rpc)
  const hash = await rpc.inOrder(async () => {
    await rpc.request('anvil_impersonateAccount', [transaction.from])
    // Anvil mines a transaction that will revert; the call before it tells the contract's reason.
    if (!isWaiting) await tryOut(rpc, fields)
    return await rpc.request<Hex>('eth_sendTransaction', [fields])
  })
  if (!isWaiting) await waitForTransaction(rpc, hash)
  return hash
}

async function tryOut(rpc: Rpc, fields: object): Promise<void> {
  try {
    await rpc.request('eth_call', [fields, 'latest'])
  } catch (cause) {
    const reason = cause instanceof BaseError ? cause.details : String(cause)
    throw new SandboxError('transaction_reverted', `nothing was sent: ${reason}`, { cause })
  }
}

/** True when the node makes blocks only on request. */
export async function isStalled(rpc: Rpc): Promise<boolean> {
  if (await rpc.request<boolean>('anvil_getAutomine')) return false
  return !(await rpc.request<number | null>('anvil_getIntervalMining'))
}

/** Waits until the transaction is in a block, and throws when it reverted. */
export async function waitForTransaction(
  rpc: Rpc,
  hash: Hex,
  timeoutMs = 60_000,
): Promise<{ readonly contractAddress: Address | null }> {
  const giveUpAtMs = performance.now() + timeoutMs
  for (;;) {
    const receipt = await rpc.request<Receipt | null>('eth_getTransactionReceipt', [hash])
    if (receipt?.status === '0x1') return receipt
    if (receipt) {
      throw new SandboxError('transaction_reverted', `the transaction ${hash} reverted on chain`)
    }
    if (performance.now() > giveUpAtMs) {
      throw new SandboxError(
        'transaction_timeout',
        `the transaction ${hash} is not mined after ${timeoutMs} ms: are blocks stalled, or is ` +
          'the base fee above what it offers?',
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

type Receipt = { readonly status: Hex; readonly contractAddress: Address | null }

import type { Address, Hash, Hex, Submitted } from '@key0/core'
import { Key0Error } from '@key0/core'
import { hexToBigInt, hexToNumber, keccak256, parseTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { EvmChain } from '../chain/EvmChain.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { readReceipt } from '../token/receipt.ts'
import { broadcast } from './broadcast.ts'
import { computeFees, type Fees, raiseFees, readFees } from './fees.ts'
import { createNonceLane, type NonceLane } from './NonceLane.ts'
import type { Sender, SenderCall, SentTransaction } from './Sender.ts'
import { createUpkeep, type Upkeep } from './Upkeep.ts'
import { createGate, type Gate, type Sharing, WalletBusy, type WalletLock } from './WalletLock.ts'

/** Whatever signs transactions for an account: viem's local accounts do, so can a remote key. */
export type TransactionSigner = {
  readonly address: Address
  readonly signTransaction: (transaction: {
    readonly type: 'eip1559'
    readonly chainId: number
    readonly nonce: number
    readonly to: Address
    readonly data: Hex
    readonly gas: bigint
    readonly maxFeePerGas: bigint
    readonly maxPriorityFeePerGas: bigint
  }) => Promise<Hex>
}

export type SenderOptions = {
  readonly chain: EvmChain
  /** The wallet that pays the gas: its key, or something that signs for it. */
  readonly privateKey?: Hex
  readonly account?: TransactionSigner
  /** Shared by all processes that use the wallet; the first one given for a wallet counts. */
  readonly lock?: WalletLock
}

type Lane = {
  readonly chain: EvmChain
  readonly signer: TransactionSigner
  readonly nonces: NonceLane
  readonly upkeep: Upkeep
  readonly gate: Gate
}

type Known = { readonly sender: Sender; readonly sharing: Sharing }

const senders = new Map<symbol, Map<string, Known>>()

/**
 * The one sender of an account on a chain. Asked again with the same account and the same nodes
 * it answers with the same sender, so that settlements and refunds of one wallet never race for
 * a gas nonce. Processes that share a wallet need a lock between them: without it they recover from
 * collisions, but slowly.
 *
 * @throws CONFIG_INVALID when the key is none.
 */
export function createSender(options: SenderOptions): Sender {
  const { chain, lock } = options
  const signer = options.account ?? readPrivateKey(options.privateKey)
  const known = senders.get(chain.rpc.identity) ?? new Map<string, Known>()
  senders.set(chain.rpc.identity, known)
  const key = signer.address.toLowerCase()
  const found = known.get(key) ?? createKnown(chain, signer, () => known.delete(key))
  known.set(key, found)
  // Whoever only wanted its address may have asked first, without a lock.
  if (lock) found.sharing.lock ??= lock
  return found.sender
}

function createKnown(chain: EvmChain, signer: TransactionSigner, forget: () => void): Known {
  const sharing: Sharing = {}
  return { sender: createLane({ chain, sharing }, signer, forget), sharing }
}

function readPrivateKey(privateKey: Hex | undefined): TransactionSigner {
  try {
    return privateKeyToAccount(privateKey as Hex) as TransactionSigner
  } catch {
    // The library's own words may repeat the key.
    const facts = { field: 'privateKey', expected: '0x and 64 hexadecimal digits' }
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
}

function createLane(
  { chain, sharing }: { readonly chain: EvmChain; readonly sharing: Sharing },
  signer: TransactionSigner,
  forget: () => void,
): Sender {
  const { rpc, row } = chain
  const { address } = signer
  const readCount = async (tag: 'latest' | 'pending'): Promise<number> =>
    hexToNumber(await rpc.request<Hex>('eth_getTransactionCount', [address, tag]))
  const nonces = createNonceLane(async () => await readCount('pending'))
  const fill = async (gasNonce: number, before?: Fees): Promise<Hex> => {
    const fees = before ? raiseFees(chain, before) : computeFees(chain)
    return await sign({ chain, signer }, gasNonce, { to: address, data: '0x', gas: 50_000n }, fees)
  }
  const isShared = (): boolean => sharing.lock !== undefined
  const upkeep = createUpkeep({ rpc, nonces, readCount, fill, isShared })
  const gate = createGate(sharing, address, upkeep.resync)
  const lane: Lane = { chain, signer, nonces, upkeep, gate }
  return {
    address,
    chainId: row.id,
    send: async (call, journal) =>
      await takeTurn(gate, () => send(lane, call, journal, maxCarriers)),
    sendOnce: async (call, journal) => await takeTurn(gate, () => send(lane, call, journal, 1)),
    replace: async (sent, call, journal) => await replace(lane, sent, call, journal),
    rebroadcast: async (rawTransaction) => await broadcast(rpc, rawTransaction),
    inFlight: upkeep.list,
    gasBalance: async () =>
      hexToBigInt(await rpc.request<Hex>('eth_getBalance', [address, 'latest'])),
    priceOf: (gas) => gas * computeFees(chain).maxFeePerGas,
    close: () => {
      upkeep.close()
      forget()
    },
  }
}

type Journal = Parameters<Sender['send']>[1]

async function takeTurn(gate: Gate, work: () => Promise<Submitted>): Promise<Submitted> {
  try {
    return await gate.enter(work)
  } catch (error) {
    // Not `refused`, which ends what is tried only once: the wallet is free again in a moment.
    if (error instanceof WalletBusy) return { kind: 'unknown', reason: error.message }
    throw error
  }
}

const maxCarriers = 4

async function send(
  lane: Lane,
  call: SenderCall,
  journal: Journal,
  most: number,
): Promise<Submitted> {
  const { chain, nonces, upkeep } = lane
  for (let carriers = 0; carriers < most; carriers += 1) {
    const signed = await lane.gate.inOrder(async () => await signNext(lane, call, journal))
    if ('unsigned' in signed) {
      const reason = signed.unsigned
      return carriers === 0 ? { kind: 'refused', reason } : { kind: 'unknown', reason }
    }
    const { sent } = signed
    const { gasNonce, txHash } = sent
    const reply = await broadcast(chain.rpc, sent.rawTransaction)
    if (reply.kind === 'accepted') {
      upkeep.sent(sent)
      return { kind: 'submitted', txHash }
    }
    if (reply.kind === 'unknown') {
      upkeep.sent(sent)
      return { kind: 'unknown', reason: reply.reason }
    }
    if (reply.kind === 'refused') {
      if (upkeep.release(gasNonce)) nonces.giveBack(gasNonce)
      return { kind: 'unknown', reason: reply.reason }
    }
    if (reply.kind === 'spent' && (await isMined(chain, txHash))) {
      // The reply of an earlier node was lost, and the transaction is in a block already.
      upkeep.sent(sent)
      return { kind: 'submitted', txHash }
    }
    // The nonce went to somebody else: the next carrier takes one that is free.
    upkeep.release(gasNonce)
    await upkeep.resync().catch(() => undefined)
  }
  return { kind: 'unknown', reason: 'another process uses this gas wallet' }
}

/** Signs the call in the lane's next gas nonce and keeps it. Rejects as the journal does. */
async function signNext(
  lane: Lane,
  call: SenderCall,
  journal: Journal,
): Promise<{ readonly sent: SentTransaction } | { readonly unsigned: string }> {
  const { chain, nonces, upkeep } = lane
  let gasNonce: number
  let fees: Fees
  try {
    fees = await readFees(chain)
    gasNonce = await nonces.take()
  } catch (error) {
    return { unsigned: `nothing was signed: ${toChainUnreachable(error).summary}` }
  }
  upkeep.taken(gasNonce)
  try {
    const sent = await prepare(lane, gasNonce, call, fees)
    await journal(sent)
    return { sent }
  } catch (error) {
    // Nothing left the process, so the nonce must not be missing in the lane.
    if (upkeep.release(gasNonce)) nonces.giveBack(gasNonce)
    throw error
  }
}

async function isMined({ rpc }: EvmChain, txHash: Hash): Promise<boolean> {
  try {
    return (await readReceipt(rpc, txHash)) !== undefined
  } catch {
    return false
  }
}

async function replace(
  lane: Lane,
  before: SentTransaction,
  call: SenderCall,
  journal: Journal,
): Promise<Submitted> {
  const { maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(before.rawTransaction)
  try {
    await lane.chain.head()
  } catch {
    // The fees are computed from the last block that was seen.
  }
  const fees = raiseFees(lane.chain, { maxFeePerGas, maxPriorityFeePerGas })
  if (fees.maxFeePerGas <= maxFeePerGas) {
    return { kind: 'unknown', reason: 'the fee is at its cap' }
  }
  const sent = await prepare(lane, before.gasNonce, call, fees)
  await journal(sent)
  const reply = await broadcast(lane.chain.rpc, sent.rawTransaction)
  if (reply.kind === 'accepted') {
    lane.nonces.claim(sent.gasNonce)
    lane.upkeep.sent(sent)
    return { kind: 'submitted', txHash: sent.txHash }
  }
  const reason = 'reason' in reply ? reply.reason : `gas nonce ${reply.kind}`
  return { kind: 'unknown', reason }
}

async function prepare(
  lane: Lane,
  gasNonce: number,
  call: SenderCall,
  fees: Fees,
): Promise<SentTransaction> {
  const rawTransaction = await sign(lane, gasNonce, call, fees)
  const txHash = keccak256(rawTransaction)
  const atMs = lane.chain.clock.nowMs()
  const sender = lane.signer.address
  return { via: 'gas-wallet', sender, gasNonce, txHash, rawTransaction, atMs }
}

async function sign(
  { chain, signer }: Pick<Lane, 'chain' | 'signer'>,
  nonce: number,
  call: SenderCall,
  fees: Fees,
): Promise<Hex> {
  const chainId = chain.row.id
  return await signer.signTransaction({ type: 'eip1559', chainId, nonce, ...call, ...fees })
}

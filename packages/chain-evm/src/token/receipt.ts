import type { Address, Hash, Hex, PaymentRef } from '@key0/core'
import { authorizationRef, sameAddress, transferRef } from '@key0/core'
import { encodeEventTopics, getAddress, hexToBigInt, isHex, size, slice } from 'viem'
import type { Rpc } from '../rpc/Rpc.ts'
import { tokenAbi } from './tokenAbi.ts'

/** A log as nodes write it. */
export type RawLog = {
  readonly address: Address
  readonly topics: readonly Hex[]
  readonly data: Hex
  readonly logIndex: Hex
  readonly blockNumber: Hex
  readonly blockHash: Hash
  readonly transactionHash: Hash
  /** Set when the block that held it is no longer part of the chain. */
  readonly removed?: boolean
}

export type RawReceipt = {
  readonly transactionHash: Hash
  readonly blockNumber: Hex
  readonly blockHash: Hash
  readonly status: Hex
  readonly logs: readonly RawLog[]
}

/** One Transfer of the token inside one receipt. */
export type TokenTransfer = {
  readonly paymentRef: PaymentRef
  readonly txHash: Hash
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  /** The nonce of the authorization that made it, when one did. */
  readonly nonce: Hash | undefined
  /** Its place among all logs of the block. */
  readonly logIndex: bigint
  readonly blockNumber: bigint
  readonly blockHash: Hash
}

const topicOf = (eventName: 'Transfer' | 'AuthorizationUsed' | 'AuthorizationCanceled'): Hash =>
  encodeEventTopics({ abi: tokenAbi, eventName })[0] as Hash

export const topics: { readonly transfer: Hash; readonly used: Hash; readonly cancelled: Hash } = {
  transfer: topicOf('Transfer'),
  used: topicOf('AuthorizationUsed'),
  cancelled: topicOf('AuthorizationCanceled'),
}

/** The receipt of a mined transaction, or `undefined`. Throws what `Rpc.request` throws. */
export async function readReceipt(
  { request }: Pick<Rpc, 'request'>,
  hash: Hash,
): Promise<RawReceipt | undefined> {
  const receipt = await request<RawReceipt | null>('eth_getTransactionReceipt', [hash])
  if (!receipt || !Array.isArray(receipt.logs)) return undefined
  return sameAddress(receipt.transactionHash, hash) ? receipt : undefined
}

/**
 * The transfers of the token that a transaction made, in order; none when it reverted. This is
 * the one place where a payment gets its name: a Transfer directly after an `AuthorizationUsed`
 * of the same account and contract is named by that authorization, any other by its place.
 */
export function readTransfers(
  chainId: number,
  token: Address,
  receipt: RawReceipt,
): readonly TokenTransfer[] {
  if (receipt.status !== '0x1') return []
  const known = readings.get(receipt)
  if (known?.chainId === chainId && known.token === token) return known.transfers
  const transfers = decodeTransfers(chainId, token, receipt)
  readings.set(receipt, { chainId, token, transfers })
  return transfers
}

type Reading = {
  readonly chainId: number
  readonly token: Address
  readonly transfers: readonly TokenTransfer[]
}

/** Everybody who shares a transaction reads the same receipt, with a hundred logs in it. */
const readings = new WeakMap<RawReceipt, Reading>()

function decodeTransfers(
  chainId: number,
  token: Address,
  receipt: RawReceipt,
): readonly TokenTransfer[] {
  const transfers: TokenTransfer[] = []
  for (const [ordinal, log] of receipt.logs.entries()) {
    const transfer = decodeTransfer(token, log)
    if (!transfer) continue
    const nonce = nonceBefore(token, receipt.logs[ordinal - 1], log, transfer.from)
    const place = { ...readPlace(receipt), logIndex: hexToBigInt(log.logIndex) }
    const paymentRef = nonce
      ? authorizationRef({ chainId, token, from: transfer.from, nonce })
      : transferRef({ chainId, token, txHash: place.txHash, ordinal })
    transfers.push({ ...transfer, ...place, paymentRef, nonce })
  }
  return transfers
}

/**
 * The transfer of a log that was found by a search, when `before`, the log before it in its
 * transaction, says which authorization made it. Without that nothing is said: only the whole
 * receipt tells whether a transfer is a plain one, and its place.
 */
export function readAuthorizedTransfer(
  chainId: number,
  token: Address,
  log: RawLog,
  before: RawLog | undefined,
): TokenTransfer | undefined {
  const transfer = decodeTransfer(token, log)
  const nonce = transfer && nonceBefore(token, before, log, transfer.from)
  if (!transfer || !nonce) return undefined
  const place = { ...readPlace(log), logIndex: hexToBigInt(log.logIndex) }
  const paymentRef = authorizationRef({ chainId, token, from: transfer.from, nonce })
  return { ...transfer, ...place, paymentRef, nonce }
}

function readPlace(
  it: RawLog | RawReceipt,
): Pick<TokenTransfer, 'txHash' | 'blockNumber' | 'blockHash'> {
  const { transactionHash: txHash, blockHash } = it
  return { txHash, blockNumber: hexToBigInt(it.blockNumber), blockHash }
}

/** What a log moved, or `undefined` when it is no Transfer of the token. */
export function decodeTransfer(
  token: Address,
  log: RawLog,
): Pick<TokenTransfer, 'from' | 'to' | 'value'> | undefined {
  const [topic, from, to] = log.topics
  if (!sameAddress(log.address, token) || topic !== topics.transfer || !from || !to) {
    return undefined
  }
  if (log.topics.length !== 3 || !isHex(log.data) || size(log.data) !== 32) return undefined
  return {
    from: getAddress(slice(from, 12)),
    to: getAddress(slice(to, 12)),
    value: hexToBigInt(log.data),
  }
}

function nonceBefore(
  token: Address,
  before: RawLog | undefined,
  log: RawLog,
  from: Address,
): Hash | undefined {
  if (!before || !sameAddress(before.address, token)) return undefined
  const [topic, authorizer, nonce] = before.topics
  if (topic !== topics.used || !authorizer || !nonce) return undefined
  if (!sameAddress(slice(authorizer, 12), from)) return undefined
  return hexToBigInt(log.logIndex) - hexToBigInt(before.logIndex) === 1n ? nonce : undefined
}

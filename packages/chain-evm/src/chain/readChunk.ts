import type { Address, Hash, Head, PaymentEvidence, TransfersQuery } from '@key0/core'
import { sameAddress } from '@key0/core'
import { type Hex, hexToBigInt, numberToHex, pad } from 'viem'
import type { RpcRequest } from '../rpc/Rpc.ts'
import { RpcInconsistent } from '../rpc/RpcError.ts'
import {
  decodeTransfer,
  type RawLog,
  readAuthorizedTransfer,
  readReceipt,
  readTransfers,
  type TokenTransfer,
  topics,
} from '../token/receipt.ts'
import { readBlock } from './Blocks.ts'
import type { Context } from './Context.ts'
import { mapInSlices } from './mapInSlices.ts'

type Chained = Pick<Context, 'row' | 'token'>

/** A log that moved something, and what. */
type Moved = Pick<TokenTransfer, 'from' | 'to' | 'value'> & { readonly log: RawLog }

/**
 * Reads the transfers of a range of blocks from one node, which must know `last`, a block not
 * before the range's end. Then what names them, and the blocks that hold them, which must be
 * those of the logs.
 */
export function readChunk(
  chained: Chained,
  query: TransfersQuery,
  last: Head,
): (request: RpcRequest) => Promise<readonly PaymentEvidence[]> {
  return async (request) => {
    // In one batch: behind one URL there can be several nodes, and a batch is answered by one.
    const [known, moved] = await Promise.all([
      readCanonicalBlock(request, last.number),
      findMoved(chained, request, query),
    ])
    if (!sameAddress(known.hash, last.hash)) {
      throw new RpcInconsistent(`the node has another block ${last.number}`)
    }
    const transfers = await nameTransfers(chained, request, moved)
    const blocks = await readBlocksOf(request, transfers, last)
    return transfers.map(({ paymentRef, txHash, from, to, value, ...place }) => {
      const block = blocks.get(place.blockNumber)
      if (block && sameAddress(block.hash, place.blockHash)) {
        return { paymentRef, txHash, from, to, value, block }
      }
      throw new RpcInconsistent(`the logs of block ${place.blockNumber} are of another block`)
    })
  }
}

/** The block of this height. A node that has none yet throws: it would not know its logs either. */
export async function readCanonicalBlock(request: RpcRequest, height: bigint): Promise<Head> {
  const block = await readBlock(request, numberToHex(height))
  if (!block) throw new RpcInconsistent(`the node has no block ${height} yet`)
  const { number, hash, time } = block
  return { number, hash, time }
}

async function findMoved(
  { token }: Chained,
  request: RpcRequest,
  { from, to, fromBlock, toBlock }: TransfersQuery,
): Promise<readonly Moved[]> {
  const address = token.address
  const payees = to ? [[to].flat().map(topicOf)] : []
  const about = [topics.transfer, from ? topicOf(from) : null, ...payees]
  const logs = await searchLogs(request, { address, fromBlock, toBlock, topics: about })
  const moved = logs.flatMap((log): readonly Moved[] => {
    const transfer = decodeTransfer(address, log)
    // Anybody can move nothing in anybody's name.
    return transfer && transfer.value > 0n ? [{ ...transfer, log }] : []
  })
  return moved.sort((a, b) => comparePlaces(a.log, b.log))
}

/** How many authorizers one search asks about: nodes limit how many topics they compare. */
const maxAuthorizers = 100

/** The `AuthorizationUsed` logs of those who paid, by their place. */
async function findUsed(
  { token }: Chained,
  request: RpcRequest,
  moved: readonly Moved[],
): Promise<ReadonlyMap<string, RawLog>> {
  const [first, last] = [moved[0], moved.at(-1)]
  if (!first || !last || token.transferMethod === 'transfer') return new Map()
  const address = token.address
  const fromBlock = hexToBigInt(first.log.blockNumber)
  const toBlock = hexToBigInt(last.log.blockNumber)
  const payers = [...new Set(moved.map(({ from }) => topicOf(from)))]
  const found: [string, RawLog][] = []
  for (let start = 0; start < payers.length; start += maxAuthorizers) {
    const some = payers.slice(start, start + maxAuthorizers)
    const filter = { address, fromBlock, toBlock, topics: [topics.used, some] }
    for (const log of await searchLogs(request, filter)) found.push([placeOf(log), log])
  }
  return new Map(found)
}

/**
 * A transfer with its `AuthorizationUsed` before it is named by that. That none was found says
 * nothing, because log indexes can be incomplete: every other transfer is named from its receipt,
 * by the same function as when it is presented, and may turn out there to be authorized.
 */
async function nameTransfers(
  chained: Chained,
  request: RpcRequest,
  moved: readonly Moved[],
): Promise<readonly TokenTransfer[]> {
  const { row, token } = chained
  const used = await findUsed(chained, request, moved)
  const authorized = moved.map(({ log }) =>
    readAuthorizedTransfer(row.id, token.address, log, used.get(placeOf(log, -1n))),
  )
  const rest = moved.filter((_, index) => !authorized[index])
  const hashes = [...new Set(rest.map(({ log }) => log.transactionHash))]
  const lists = await mapInSlices(hashes, async (hash) => {
    const receipt = await readReceipt({ request }, hash)
    return receipt ? readTransfers(row.id, token.address, receipt) : []
  })
  const byTransaction = new Map(hashes.map((hash, index) => [hash, lists[index] ?? []]))
  return moved.map((it, index) => {
    const all = byTransaction.get(it.log.transactionHash) ?? []
    const transfer = authorized[index] ?? all.find((other) => isSame(it, other))
    if (transfer) return transfer
    throw new RpcInconsistent(`the receipt of ${it.log.transactionHash} does not hold its log`)
  })
}

function isSame({ log, from, to, value }: Moved, other: TokenTransfer): boolean {
  const isSamePlace =
    hexToBigInt(log.logIndex) === other.logIndex && sameAddress(log.blockHash, other.blockHash)
  return isSamePlace && from === other.from && to === other.to && value === other.value
}

/** The blocks that hold the transfers, each read once; logs are not believed about blocks. */
async function readBlocksOf(
  request: RpcRequest,
  transfers: readonly TokenTransfer[],
  last: Head,
): Promise<ReadonlyMap<bigint, Head>> {
  const heights = new Set(transfers.map(({ blockNumber }) => blockNumber))
  heights.delete(last.number)
  const blocks = await mapInSlices(
    [...heights],
    async (height) => await readCanonicalBlock(request, height),
  )
  return new Map([last, ...blocks].map((block) => [block.number, block]))
}

type LogFilter = {
  readonly address: Address
  readonly fromBlock: bigint
  readonly toBlock: bigint
  readonly topics: readonly (Hex | readonly Hex[] | null)[]
}

async function searchLogs(request: RpcRequest, filter: LogFilter): Promise<readonly RawLog[]> {
  const { address, fromBlock, toBlock } = filter
  const logs = await request<readonly RawLog[] | null>('eth_getLogs', [
    {
      address,
      fromBlock: numberToHex(fromBlock),
      toBlock: numberToHex(toBlock),
      topics: filter.topics,
    },
  ])
  // No list is not an empty list.
  if (!Array.isArray(logs)) throw new RpcInconsistent('the node answered a search with no list')
  return logs.filter(({ removed }: RawLog) => removed !== true)
}

function topicOf(account: Address): Hash {
  return pad(account).toLowerCase() as Hash
}

/** Where a log is, or the one that many places from it in the same transaction. */
function placeOf({ blockHash, transactionHash, logIndex }: RawLog, offset = 0n): string {
  return `${blockHash}:${transactionHash}:${hexToBigInt(logIndex) + offset}`.toLowerCase()
}

function comparePlaces(a: RawLog, b: RawLog): number {
  const byBlock = hexToBigInt(a.blockNumber) - hexToBigInt(b.blockNumber)
  return Number(byBlock || hexToBigInt(a.logIndex) - hexToBigInt(b.logIndex))
}

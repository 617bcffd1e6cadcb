import type { AuthorizationQuery, Hash } from '@key0/core'
import { hexToBigInt, numberToHex, pad } from 'viem'
import { RpcError } from '../rpc/RpcError.ts'
import { type RawLog, topics } from '../token/receipt.ts'
import type { Context } from './Context.ts'

/** The log that ended an authorization. */
export type Use = {
  readonly kind: 'used' | 'cancelled'
  readonly from: string
  readonly nonce: Hash
  readonly txHash: Hash
  readonly blockNumber: bigint
  readonly blockHash: Hash
}

type Named = Pick<AuthorizationQuery, 'from' | 'nonce'>

const widest = 10_000n

/** How many authorizations one search asks about: nodes limit how many topics they compare. */
const maxNonces = 250

/**
 * Finds the logs that used or cancelled any of the authorizations between two blocks, both
 * included. Providers refuse wide ranges, each at another width: a refused range is halved, and
 * the width that worked is kept for the rest of the search.
 */
export async function findUses(
  context: Context,
  named: readonly Named[],
  fromBlock: bigint,
  toBlock: bigint,
): Promise<readonly Use[]> {
  const found: Use[] = []
  let width = widest
  let start = fromBlock
  while (start <= toBlock) {
    const end = start + width - 1n < toBlock ? start + width - 1n : toBlock
    try {
      found.push(...(await readUses(context, named, start, end)))
      start = end + 1n
    } catch (error) {
      if (!(error instanceof RpcError) || start === end) throw error
      width = (end - start + 1n) / 2n
    }
  }
  return found
}

async function readUses(
  context: Context,
  named: readonly Named[],
  fromBlock: bigint,
  toBlock: bigint,
): Promise<readonly Use[]> {
  const found: Use[] = []
  for (let start = 0; start < named.length; start += maxNonces) {
    const some = named.slice(start, start + maxNonces)
    found.push(...(await searchUses(context, some, fromBlock, toBlock)))
  }
  return found
}

async function searchUses(
  { rpc, token }: Context,
  named: readonly Named[],
  fromBlock: bigint,
  toBlock: bigint,
): Promise<readonly Use[]> {
  const accounts = named.map(({ from }) => pad(from).toLowerCase())
  const nonces = named.map(({ nonce }) => nonce.toLowerCase())
  const logs = await rpc.request<readonly RawLog[]>('eth_getLogs', [
    {
      address: token.address,
      fromBlock: numberToHex(fromBlock),
      toBlock: numberToHex(toBlock),
      topics: [[topics.used, topics.cancelled], [...new Set(accounts)], nonces],
    },
  ])
  return logs.flatMap((log) => {
    const [topic, account, nonce] = log.topics
    if (!account || !nonce) return []
    return {
      kind: topic === topics.cancelled ? ('cancelled' as const) : ('used' as const),
      from: `0x${account.slice(26)}`.toLowerCase(),
      nonce: nonce.toLowerCase() as Hash,
      txHash: log.transactionHash,
      blockNumber: hexToBigInt(log.blockNumber),
      blockHash: log.blockHash,
    }
  })
}

export function isUseOf(use: Use, { from, nonce }: Named): boolean {
  return use.from === from.toLowerCase() && use.nonce === nonce.toLowerCase()
}

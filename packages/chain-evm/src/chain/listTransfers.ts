import type { Head, PaymentEvidence, TransfersQuery } from '@key0/core'
import { invariant, sameAddress } from '@key0/core'
import { RpcInconsistent } from '../rpc/RpcError.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import type { Context } from './Context.ts'
import { readCanonicalBlock, readChunk } from './readChunk.ts'

/** How often a range is read again that the chain changed under us. */
const maxReadings = 3

/**
 * Every transfer of the token in a range, or none of them.
 *
 * @throws CHAIN_UNREACHABLE when a part could not be read, when no node has the whole range, and
 * when the chain was reorganised at each reading.
 */
export async function listTransfers(
  context: Context,
  query: TransfersQuery,
): Promise<readonly PaymentEvidence[]> {
  const { token } = context
  invariant(query.from || query.to, 'transfers are asked for by their payer or their payee')
  if (!sameAddress(query.token, token.address)) {
    throw toChainUnreachable(new Error(`this chain reads ${token.address}`))
  }
  if (query.fromBlock > query.toBlock || isNobody(query)) return []
  for (let reading = 1; ; reading += 1) {
    try {
      return await readRange(context, query)
    } catch (error) {
      const isLast = reading === maxReadings || !(error instanceof RpcInconsistent)
      if (isLast) throw toChainUnreachable(error)
    }
  }
}

/** Nodes take no topics for any topic. */
function isNobody({ to }: TransfersQuery): boolean {
  return Array.isArray(to) && to.length === 0
}

const widest = 2_000

/** After so many answers in a row, a range twice as wide is tried. */
const answersToGrow = 8

async function readRange(
  context: Context,
  query: TransfersQuery,
): Promise<readonly PaymentEvidence[]> {
  const { rpc, row } = context
  const { fromBlock, toBlock } = query
  const readLast = async (): Promise<Head> =>
    await rpc.withOneNode(async (request) => await readCanonicalBlock(request, toBlock))
  const last = await readLast()
  const found: PaymentEvidence[] = []
  const maxWidth = BigInt(row.logRangeBlocks ?? widest)
  let width = maxWidth
  let answers = 0
  let start = fromBlock
  while (start <= toBlock) {
    const end = start + width - 1n < toBlock ? start + width - 1n : toBlock
    const ask = readChunk(context, { ...query, fromBlock: start, toBlock: end }, last)
    try {
      for (const evidence of await rpc.withOneNode(ask)) found.push(evidence)
      start = end + 1n
      answers += 1
      if (answers % answersToGrow === 0 && width < maxWidth) {
        width = width * 2n < maxWidth ? width * 2n : maxWidth
      }
    } catch (error) {
      // Every provider refuses in words of its own. What is too much is found out by asking less.
      if (start === end) throw error
      width = (end - start + 1n) / 2n
      answers = 0
    }
  }
  // A block's hash stands for all blocks before it: what was read in the meantime was one chain.
  if (sameAddress((await readLast()).hash, last.hash)) return found
  throw new RpcInconsistent(`block ${toBlock} was replaced while the transfers were read`)
}

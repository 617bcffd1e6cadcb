import type { Chain, Hash, Head, PaymentEvidence } from '@key0/core'
import { invariant, sameAddress } from '@key0/core'
import { RpcInconsistent } from '../rpc/RpcError.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import type { Context } from './Context.ts'
import { mapInSlices } from './mapInSlices.ts'
import { readCanonicalBlock, readChunk } from './readChunk.ts'

export type TransfersQuery = Parameters<Chain['transfers']>[0]

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
  if (query.fromBlock > query.toBlock) return []
  for (let reading = 1; ; reading += 1) {
    try {
      return await readRange(context, query)
    } catch (error) {
      const isLast = reading === maxReadings || !(error instanceof RpcInconsistent)
      if (isLast) throw toChainUnreachable(error)
    }
  }
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
  // Nodes that lag answer with no logs. They are found out at once, not by ever smaller ranges.
  await rpc.withOneNode(async (request) => await readCanonicalBlock(request, toBlock))
  const found: PaymentEvidence[] = []
  const ends: Head[] = []
  const maxWidth = BigInt(row.logRangeBlocks ?? widest)
  let width = maxWidth
  let answers = 0
  let start = fromBlock
  while (start <= toBlock) {
    const end = start + width - 1n < toBlock ? start + width - 1n : toBlock
    const range = { ...query, fromBlock: start, toBlock: end }
    try {
      const ask = readChunk(context, range)
      const chunk = await rpc.withOneNode(ask)
      for (const evidence of chunk.transfers) found.push(evidence)
      ends.push(chunk.end)
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
  await assertUnchanged(context, ends)
  return found
}

/**
 * A transfer that moved between two parts of the range while they were read could have been missed
 * in both. It was not when the last block of each part is still the one it was before it was read:
 * a block's hash stands for all blocks before it.
 */
async function assertUnchanged({ rpc }: Context, ends: readonly Head[]): Promise<void> {
  const hashes = await rpc.withOneNode(
    async (request) =>
      await mapInSlices(ends, async ({ number }): Promise<Hash> => {
        return (await readCanonicalBlock(request, number)).hash
      }),
  )
  for (const [index, { number, hash }] of ends.entries()) {
    const found = hashes[index]
    if (found && sameAddress(found, hash)) continue
    throw new RpcInconsistent(`block ${number} was replaced while the transfers were read`)
  }
}

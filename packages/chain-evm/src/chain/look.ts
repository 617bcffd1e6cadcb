import type { AuthorizationQuery, Hash, Sighting } from '@key0/core'
import { sameAddress } from '@key0/core'
import { RpcError, RpcUnreachable } from '../rpc/RpcError.ts'
import { readView } from '../token/callToken.ts'
import { readReceipt, readTransfers } from '../token/receipt.ts'
import type { Context } from './Context.ts'
import { findUses, isUseOf, type Use } from './findUse.ts'
import { judge, orphaned, readDepth } from './judge.ts'
import { lookAtTransactions, lookForTransfer } from './lookForTransfer.ts'

/** Where an authorization stands right now: the receipts known to matter, then its state. */
export async function look(context: Context, query: AuthorizationQuery): Promise<Sighting> {
  try {
    if (context.token.transferMethod === 'transfer') return await lookForTransfer(context, query)
    return (await lookAtHints(context, query)) ?? (await lookAtState(context, query))
  } catch (cause) {
    return { kind: 'unreachable', cause }
  }
}

/** What the transactions thought to carry it did; `undefined` when none of them did. */
export async function lookAtHints(
  context: Context,
  query: AuthorizationQuery,
): Promise<Sighting | undefined> {
  if (context.token.transferMethod === 'transfer') return await lookAtTransactions(context, query)
  const hints = [...new Set(query.hints)]
  const answers = await Promise.all(
    hints.map(async (hint) => await readUseIn(context, query, hint)),
  )
  return answers.find((it) => it !== undefined)
}

async function readUseIn(
  context: Context,
  query: AuthorizationQuery,
  txHash: Hash,
): Promise<Sighting | undefined> {
  const { rpc, row, token } = context
  const receipt = await readReceipt(rpc, txHash)
  if (!receipt) return undefined
  const transfer = readTransfers(row.id, token.address, receipt).find(
    (it) => it.nonce && sameAddress(it.nonce, query.nonce) && sameAddress(it.from, query.from),
  )
  return transfer && (await judge(context, transfer, query))
}

async function lookAtState(context: Context, query: AuthorizationQuery): Promise<Sighting> {
  const { rpc, token, blocks } = context
  const { from, nonce, finality } = query
  const [isUsed, latest, tagged] = await Promise.all([
    readView(rpc, token.address, 'authorizationState', [from, nonce]),
    blocks.latest(),
    blocks.at(finality),
  ])
  if (isUsed) return await explainUse(context, query)
  // Expired, it cannot be used any more; that it was not used before is asked of one known block.
  if (tagged.time <= query.validBefore || latest.number < tagged.number) return { kind: 'unused' }
  const at = { blockHash: latest.hash }
  const wasUsed = await readView(rpc, token.address, 'authorizationState', [from, nonce], at)
  return wasUsed ? await explainUse(context, query) : { kind: 'dead', cause: 'expired' }
}

async function explainUse(context: Context, query: AuthorizationQuery): Promise<Sighting> {
  const latest = await context.blocks.latest()
  const uses = await findUses(context, [query], query.sinceBlock, latest.number)
  const use = uses.find((it) => isUseOf(it, query))
  return use ? await weigh(context, query, use) : await explainEarlierUse(context, query)
}

/** What a use that was found in the logs means for the transfer asked for. */
export async function weigh(
  context: Context,
  query: AuthorizationQuery,
  use: Use,
): Promise<Sighting> {
  if (use.kind === 'used') {
    const sighting = await readUseIn(context, query, use.txHash)
    if (sighting) return sighting
    // A log without the receipt that holds it: a node that lags, or a fork that went away.
    return orphaned(use.txHash)
  }
  const depth = await readDepth(context, use, query.finality)
  if (depth.kind === 'orphaned') return orphaned(use.txHash)
  return depth.kind === 'deep' ? { kind: 'dead', cause: 'cancelled' } : { kind: 'unused' }
}

/** How far before the block asked about a use is still looked for. */
const lookBack = 2_000n

/**
 * Used, but by no log since the block asked about. Nodes are not equally far, and a reorganisation
 * changes heights, so it is looked for further back. Only a chain that says it was used before all
 * that proves another's use; anything else is a log index that lags behind.
 */
async function explainEarlierUse(context: Context, query: AuthorizationQuery): Promise<Sighting> {
  const { rpc, token, blocks } = context
  const { from, nonce, sinceBlock } = query
  const start = sinceBlock > lookBack ? sinceBlock - lookBack : 0n
  const uses = await findUses(context, [query], start, sinceBlock)
  const use = uses.find((it) => isUseOf(it, query))
  if (use) return await weigh(context, query, use)
  const before = start > 0n ? await blocks.byNumber(start - 1n) : undefined
  if (!before) throw new RpcUnreachable('the log of a used authorization is not to be had yet')
  const at = { blockHash: before.hash }
  const wasUsed = await readView(rpc, token.address, 'authorizationState', [from, nonce], at)
  if (!wasUsed) throw new RpcError(-32_001, 'the log of a used authorization is not indexed yet')
  return { kind: 'mismatch', facts: { usedBefore: `${start}` } }
}

import type { AuthorizationQuery, Hash, PaymentEvidence, Sighting } from '@key0/core'
import { sameAddress } from '@key0/core'
import { type Hex, hexToNumber, keccak256, numberToHex } from 'viem'
import { RpcInconsistent } from '../rpc/RpcError.ts'
import { readSignedName, readTransactionName } from '../token/namedTransfer.ts'
import { readReceipt, readTransfers } from '../token/receipt.ts'
import type { Context } from './Context.ts'
import { judge } from './judge.ts'
import { listTransfers } from './listTransfers.ts'

/**
 * Where a refund in a token without authorizations stands: it is a plain transfer whose transaction
 * carries the refund's nonce behind its arguments. Any such transfer in the chain is the refund,
 * whoever remembers having sent it.
 *
 * `unused`: nothing of it is in the chain, and it may still come. `dead`: every transaction that was
 * persisted for it has lost its gas nonce to another one, in a final block. Only then may another
 * gas nonce be given to it, and so this is the one thing that is always read from a final block,
 * whatever depth is asked: undone, both would pay. Throws what `Rpc.withOneNode` throws, and
 * RpcInconsistent when nodes show a log without its transaction.
 */
export async function lookForTransfer(
  context: Context,
  query: AuthorizationQuery,
): Promise<Sighting> {
  const known = await lookAtTransactions(context, query)
  if (known) return known
  const nonces = (query.carriers ?? []).flatMap((it) => (it.via === 'gas-wallet' ? it : []))
  if (nonces.length === 0) {
    const { number } = await context.blocks.latest()
    return (await findNamed(context, query, number)) ?? { kind: 'unused' }
  }
  const final = await context.blocks.at('finalized')
  const spent = await readSpent(context, query, final.number)
  if (nonces.some(({ gasNonce }) => gasNonce >= spent)) return { kind: 'unused' }
  // A log index may lag behind: the transactions are asked for once more, after it.
  const found = await findNamed(context, query, final.number)
  const sighting = found ?? (await lookAtTransactions(context, query))
  if (sighting) return sighting
  const again = await context.blocks.byNumber(final.number)
  if (again && sameAddress(again.hash, final.hash)) return { kind: 'dead', cause: 'expired' }
  throw new RpcInconsistent(`block ${final.number} was replaced while it was read`)
}

/** What the transactions thought to be it did; `undefined` when none of them moved anything. */
export async function lookAtTransactions(
  context: Context,
  query: AuthorizationQuery,
): Promise<Sighting | undefined> {
  const { rpc, row, token } = context
  const hints = [...new Set([...(query.hints ?? []), ...hashesOf(query)])]
  const answers = await Promise.all(
    hints.map(async (hash) => {
      const receipt = await readReceipt(rpc, hash)
      const transfers = receipt ? readTransfers(row.id, token.address, receipt) : []
      const between = transfers.filter((it) => isBetween(query, it))
      const transfer = between.find(({ value }) => value === query.value) ?? between[0]
      if (!transfer || !(await hasName(context, query, hash))) return undefined
      return await judge(context, transfer, query)
    }),
  )
  return answers.find((it) => it !== undefined)
}

function hashesOf({ carriers = [] }: AuthorizationQuery): readonly Hash[] {
  return carriers.flatMap(({ txHash }) => txHash ?? [])
}

/** The refund among all transfers from its payer to its payee, up to a block. */
async function findNamed(
  context: Context,
  query: AuthorizationQuery,
  toBlock: bigint,
): Promise<Sighting | undefined> {
  const { token, from, to, sinceBlock: fromBlock } = query
  const listed = await listTransfers(context, { token, from, to, fromBlock, toBlock })
  for (const evidence of listed) {
    if (!(await hasName(context, query, evidence.txHash))) continue
    const { number: blockNumber, hash: blockHash } = evidence.block
    const place = { blockNumber, blockHash, logIndex: 0n, nonce: undefined }
    return await judge(context, { ...evidence, ...place }, query)
  }
  return undefined
}

/** Of another value it is still the refund that was made under this name, and another one is none. */
function isBetween(
  query: AuthorizationQuery,
  { from, to }: Pick<PaymentEvidence, 'from' | 'to'>,
): boolean {
  return sameAddress(from, query.from) && sameAddress(to, query.to)
}

async function hasName(
  { rpc, token }: Context,
  { nonce, carriers = [] }: AuthorizationQuery,
  txHash: Hash,
): Promise<boolean> {
  // A hash stands for one content: of what we signed ourselves no node is asked.
  const ours = carriers
    .flatMap((it) => (it.via === 'gas-wallet' ? it.rawTransaction : []))
    .find((it) => sameAddress(keccak256(it), txHash))
  const name = ours
    ? readSignedName(ours, token.address)
    : await readTransactionName(rpc, token.address, txHash)
  return name !== undefined && sameAddress(name, nonce)
}

/**
 * How many gas nonces the wallet had used when a block was made. By number, which every node
 * takes; that it was the same block is asked afterwards.
 */
async function readSpent(
  { rpc }: Context,
  { from }: AuthorizationQuery,
  number: bigint,
): Promise<number> {
  const params = [from, numberToHex(number)]
  return hexToNumber(await rpc.request<Hex>('eth_getTransactionCount', params))
}

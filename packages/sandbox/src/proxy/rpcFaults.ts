import { type Hex, numberToHex } from 'viem'
import type { RpcRule } from './RpcRule.ts'

/** Rules for faults that RPC providers are known for. Spread one to narrow it: `times`, `when`. */
export type RpcFaults = {
  /** HTTP 429, with `Retry-After` when seconds are given. */
  readonly rateLimit: (retryAfterSeconds?: number) => RpcRule
  /** The node says that a mined transaction has no receipt yet. */
  readonly nullReceipt: () => RpcRule
  /** The receipt is what the node says, except for the fields given: a lie. */
  readonly lyingReceipt: (fields: Readonly<Record<string, unknown>>) => RpcRule
  /** The node is on another chain. */
  readonly wrongChainId: (chainId: number) => RpcRule
  /**
   * The node stopped following the chain at a block: `latest` and `pending` mean that block, and
   * later blocks, receipts, transactions and logs do not exist. `safe` and `finalized` are not
   * touched.
   */
  readonly staleHead: (block: bigint) => readonly RpcRule[]
  /** The node takes the transaction and loses it: it answers with a hash, and forwards nothing. */
  readonly blackHole: (hash: (rawTransaction: Hex) => Hex) => RpcRule
}

export const rpcFaults: RpcFaults = {
  rateLimit: (retryAfterSeconds) => ({
    effect: {
      kind: 'status',
      status: 429,
      body: 'Too Many Requests',
      ...(retryAfterSeconds !== undefined && {
        headers: { 'retry-after': String(retryAfterSeconds) },
      }),
    },
  }),
  nullReceipt: () => ({
    method: 'eth_getTransactionReceipt',
    effect: { kind: 'rewrite', result: () => null },
  }),
  lyingReceipt: (fields) => ({
    method: 'eth_getTransactionReceipt',
    effect: {
      kind: 'rewrite',
      result: (receipt) => (receipt === null ? null : { ...(receipt as object), ...fields }),
    },
  }),
  wrongChainId: (chainId) => ({
    method: 'eth_chainId',
    effect: { kind: 'rewrite', result: () => numberToHex(chainId) },
  }),
  staleHead,
  blackHole: (hash) => ({
    method: 'eth_sendRawTransaction',
    effect: { kind: 'answer', result: ({ params }) => hash(params[0] as Hex) },
  }),
}

function staleHead(block: bigint): readonly RpcRule[] {
  const head = numberToHex(block)
  const isLater = (item: unknown): boolean => {
    const { blockNumber } = (item ?? {}) as { blockNumber?: Hex | null }
    return typeof blockNumber === 'string' && BigInt(blockNumber) > block
  }
  const isLaterNumber = (param: unknown): boolean =>
    typeof param === 'string' && /^0x[0-9a-f]{1,16}$/i.test(param) && BigInt(param) > block
  return [
    { effect: { kind: 'rewriteParams', params: (params) => params.map((it) => pin(it, head)) } },
    { method: 'eth_blockNumber', effect: { kind: 'rewrite', result: () => head } },
    {
      method: 'eth_getBlockByNumber',
      when: ([number]) => isLaterNumber(number),
      effect: { kind: 'rewrite', result: () => null },
    },
    {
      method: ['eth_getTransactionReceipt', 'eth_getTransactionByHash'],
      effect: { kind: 'rewrite', result: (found) => (isLater(found) ? null : found) },
    },
    {
      method: 'eth_getLogs',
      effect: {
        kind: 'rewrite',
        result: (logs) => (Array.isArray(logs) ? logs.filter((log) => !isLater(log)) : logs),
      },
    },
  ]
}

function pin(param: unknown, head: Hex): unknown {
  if (param === 'latest' || param === 'pending') return head
  if (typeof param !== 'object' || param === null || !('toBlock' in param)) return param
  const filter = param as { readonly fromBlock?: unknown; readonly toBlock?: unknown }
  return { ...filter, fromBlock: pin(filter.fromBlock, head), toBlock: pin(filter.toBlock, head) }
}

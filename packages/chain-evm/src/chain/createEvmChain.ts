import { type Clock, Key0Error } from '@key0/core'
import type { ChainRow } from '../chains/ChainRow.ts'
import { findChain, findToken } from '../chains/findChain.ts'
import { createRpc, parseRpcUrls } from '../rpc/Rpc.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { probeToken } from '../token/probeToken.ts'
import { createBlocks } from './Blocks.ts'
import type { Context } from './Context.ts'
import type { EvmChain } from './EvmChain.ts'
import { inspect } from './inspect.ts'
import { listTransfers } from './listTransfers.ts'
import { isAuthorizedBy, isSignedBy } from './proofs.ts'
import { verify } from './verify.ts'
import { createWatcher, observe } from './Watcher.ts'

export type EvmChainOptions = {
  /** A row's name (`mainnet`, `testnet`), CAIP-2 name or id; or a row of your own. */
  readonly network: string | number | ChainRow
  /** One or several, comma-separated or as a list, tried in order. Default: the row's own. */
  readonly rpcUrls?: string | readonly string[]
  /** Symbol or address of one of the row's tokens; default the first. */
  readonly token?: string
  /** Default: the system's. */
  readonly clock?: Clock
  /** How often to ask for a new block while somebody waits; default a quarter of the block time. */
  readonly pollingMs?: number
  /** How long one node may take to answer; default 8,000. */
  readonly timeoutMs?: number
}

/**
 * Connects to a chain, and refuses to when it or its token is not the configured one.
 *
 * @throws CONFIG_INVALID; CHAIN_MISMATCH (chain id, or the token's name, version, decimals or
 * EIP-712 domain) with what was expected and found; CHAIN_UNREACHABLE.
 */
export async function createEvmChain(options: EvmChainOptions): Promise<EvmChain> {
  const row = typeof options.network === 'object' ? options.network : findChain(options.network)
  const token = findToken(row, options.token)
  const clock = options.clock ?? { nowMs: () => Date.now() }
  const pollingMs = checkMs('pollingMs', options.pollingMs ?? row.blockTimeMs / 4)
  const timeoutMs = checkMs('timeoutMs', options.timeoutMs ?? 8_000)
  const urls = parseRpcUrls(options.rpcUrls ?? row.rpcUrls)
  const rpc = await createRpc({ chainId: row.id, urls, timeoutMs, clock })
  await probeToken({ row, rpc }, token)
  const blocks = await createBlocks(rpc, clock).catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  const context: Context = { row, token, rpc, blocks, clock }
  const watcher = createWatcher(context, pollingMs)
  return {
    chainId: row.id,
    row,
    token,
    rpc,
    clock,
    lastBlock: blocks.last,
    explorerUrl: (txHash) => `${row.explorerTxUrl}${txHash}`,
    verify: async (offer, authorization) => await verify(context, offer, authorization),
    observe: async (query) => await observe(context, watcher, query),
    inspect: async (query) => await inspect(context, query),
    transfers: async (query) => await listTransfers(context, query),
    head: async (finality = 'latest') => {
      try {
        const { number, hash, time } = await blocks.at(finality)
        return { number, hash, time }
      } catch (error) {
        throw toChainUnreachable(error)
      }
    },
    isSignedBy: async (address, message, signature) =>
      await isSignedBy(context, address, message, signature),
    isAuthorizedBy: async (address, authorization) =>
      await isAuthorizedBy(context, address, authorization),
    close: watcher.close,
  }
}

function checkMs(field: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  const facts = { field, expected: 'milliseconds, more than 0', found: String(value) }
  throw new Key0Error('CONFIG_INVALID', { facts })
}

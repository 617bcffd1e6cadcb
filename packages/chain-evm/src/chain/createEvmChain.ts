import { type Clock, type Hash, Key0Error } from '@key0/core'
import type { ChainRow } from '../chains/ChainRow.ts'
import { findChain, findToken } from '../chains/findChain.ts'
import { createRpc, parseRpcUrls } from '../rpc/Rpc.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { readTransactionName } from '../token/namedTransfer.ts'
import { probeToken } from '../token/probeToken.ts'
import { createBlocks } from './Blocks.ts'
import type { Context } from './Context.ts'
import { createAgreement } from './createAgreement.ts'
import type { EvmChain } from './EvmChain.ts'
import { findBlockBefore } from './findBlockBefore.ts'
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
  /**
   * Nodes of somebody else, which must confirm whatever spends or voids more than `above` (atomic
   * units of the token). While they do not, nothing is decided about that money.
   */
  readonly agreement?: {
    readonly above: bigint
    readonly rpcUrls: string | readonly string[]
    /** Told each time that they contradict each other or stay behind: a person should look. */
    readonly onDisagreement?: (error: Error) => void
  }
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
  const connect = async (urls: readonly URL[]): Promise<Context> => {
    const rpc = await createRpc({ chainId: row.id, urls, timeoutMs, clock })
    await probeToken({ row, rpc }, token)
    const blocks = await createBlocks(rpc, clock).catch((error: unknown) => {
      throw toChainUnreachable(error)
    })
    return { row, token, rpc, blocks, clock }
  }
  const context = await connect(urls)
  const { rpc, blocks } = context
  const wanted = options.agreement && readAgreement(options.agreement, urls)
  const agreed =
    wanted && createAgreement({ ...wanted, second: await connect(wanted.urls), pauseMs: pollingMs })
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
    observe: async (query) => {
      const sighting = await observe(context, watcher, query)
      return agreed ? await agreed.onUse(query, sighting) : sighting
    },
    inspect: async (query) => {
      const sighting = await inspect(context, query)
      return agreed ? await agreed.onTransfer(query, sighting) : sighting
    },
    transfers: async (query) => {
      const listed = await listTransfers(context, query)
      return agreed ? await agreed.onTransfers(query, listed) : listed
    },
    ...(token.transferMethod === 'transfer' && {
      refundNonceOf: async (txHash: Hash) => {
        try {
          return await readTransactionName(rpc, token.address, txHash)
        } catch (error) {
          throw toChainUnreachable(error)
        }
      },
    }),
    blockBefore: async (time) => {
      try {
        return await findBlockBefore(context, time)
      } catch (error) {
        throw toChainUnreachable(error)
      }
    },
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

/** The second nodes, none of which may be one of the first: it would only agree with itself. */
function readAgreement(
  { above, rpcUrls, onDisagreement = () => {} }: NonNullable<EvmChainOptions['agreement']>,
  first: readonly URL[],
): {
  readonly above: bigint
  readonly urls: readonly URL[]
  readonly onDisagreement: (error: Error) => void
} {
  const urls = parseRpcUrls(rpcUrls)
  const refuse = (field: string, expected: string): never => {
    throw new Key0Error('CONFIG_INVALID', { facts: { field: `agreement.${field}`, expected } })
  }
  if (typeof above !== 'bigint' || above < 0n)
    refuse('above', 'atomic units, a bigint of 0 or more')
  const shared = urls.find(({ host }) => first.some((it) => it.host === host))
  if (shared) refuse('rpcUrls', `other hosts than rpcUrls, not ${shared.host}`)
  return { above, urls, onDisagreement }
}

function checkMs(field: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  const facts = { field, expected: 'milliseconds, more than 0', found: String(value) }
  throw new Key0Error('CONFIG_INVALID', { facts })
}

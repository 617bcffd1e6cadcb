import { createEvmChain, type EvmChain } from '@key0/chain-evm'
import { type ChallengeStore, type Finality, type Hex, Key0Error, type Observe } from '@key0/core'
import { assertNumbers, counts, durations } from './assertNumbers.ts'
import { createRefunds } from './createRefunds.ts'
import type { RefundResult } from './RefundResult.ts'

export type ProcessRefundsOptions = {
  /** The same store that the gateway writes. */
  readonly store: ChallengeStore
  /** The receiving wallet's key: it signs the money back. */
  readonly walletPrivateKey: Hex
  readonly network: 'mainnet' | 'testnet'
  /** How old a PAID record must be; default 300000 ms. */
  readonly minAgeMs?: number
  /** Records taken on by this call; default 50. */
  readonly batchSize?: number
  /** Default: the network's public endpoints, which are rate limited. */
  readonly rpcUrl?: string | readonly string[]
  /** Pays for the transactions; default: the receiving wallet itself. */
  readonly gasWalletPrivateKey?: Hex
  readonly finality?: Finality
  /** Default 0: a refund that provably never left is REFUND_FAILED at once. */
  readonly giveUpAfterMs?: number
  /** How long the call waits for its refunds to be mined; default 30000 ms. */
  readonly waitMs?: number
  readonly observe?: Observe
  /** A chain connected already; then `rpcUrl` is not used. */
  readonly chain?: EvmChain
}

/**
 * Sends undelivered payments back, once. Calling it again, from anywhere, at any time, is
 * harmless: a refund's nonce is a function of its payment and the token executes it once.
 *
 * @throws CONFIG_INVALID naming each option that is wrong; CHAIN_MISMATCH; CHAIN_UNREACHABLE.
 */
export async function processRefunds(
  options: ProcessRefundsOptions,
): Promise<readonly RefundResult[]> {
  assertOptions(options)
  const { network, rpcUrl, waitMs = 30_000, giveUpAfterMs = 0 } = options
  const chain =
    options.chain ?? (await createEvmChain({ network, ...(rpcUrl && { rpcUrls: rpcUrl }) }))
  try {
    return await createRefunds({ ...options, chain, waitMs, giveUpAfterMs }).pass()
  } finally {
    if (chain !== options.chain) chain.close()
  }
}

function assertOptions(options: ProcessRefundsOptions): void {
  const { walletPrivateKey, network, minAgeMs, batchSize } = options
  const facts: Record<string, string> = {}
  if (!options.store) facts.store = 'must be the store of the gateway'
  if (!/^0x[0-9a-fA-F]{64}$/.test(walletPrivateKey ?? ''))
    facts.walletPrivateKey = 'must be 0x and 64 hexadecimal digits'
  if (network !== 'mainnet' && network !== 'testnet')
    facts.network = 'must be "mainnet" or "testnet"'
  if (options.chain && options.chain.row.testnet !== (network === 'testnet'))
    facts.network = `is "${network}", but the chain connected is ${options.chain.row.title}`
  try {
    assertNumbers({ minAgeMs: [minAgeMs, durations], batchSize: [batchSize, counts] })
  } catch (error) {
    if (!Key0Error.is(error, 'CONFIG_INVALID')) throw error
    Object.assign(facts, error.facts)
  }
  if (Object.keys(facts).length > 0) throw new Key0Error('CONFIG_INVALID', { facts })
}

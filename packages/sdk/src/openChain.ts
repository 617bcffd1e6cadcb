import { createEvmChain, type EvmChain } from '@key0/chain-evm'
import type { Clock, Observe } from '@key0/core'
import type { SellerConfig } from './SellerConfig.ts'

/**
 * The chain that is given, or one that is read through the nodes that are named.
 *
 * @throws CONFIG_INVALID, CHAIN_MISMATCH, CHAIN_UNREACHABLE
 */
export async function openChain(
  { chain, network, rpcUrl, agreement }: SellerConfig,
  clock: Clock,
  observe: Observe,
): Promise<EvmChain> {
  if (chain) return chain
  const onDisagreement = (cause: Error): void =>
    observe({ name: 'alert', what: 'independent nodes do not agree', cause })
  return createEvmChain({
    network,
    clock,
    ...(rpcUrl && { rpcUrls: rpcUrl }),
    ...(agreement && { agreement: { ...agreement, onDisagreement } }),
  })
}

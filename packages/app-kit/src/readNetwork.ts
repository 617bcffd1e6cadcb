import type { Finality } from '@key0/core'
import type { Reader } from './Reader.ts'

export type Network = 'mainnet' | 'testnet'

export type NetworkConfig = {
  readonly network: Network
  readonly rpcUrls: readonly string[]
  readonly finality: { readonly payment: Finality; readonly refund: Finality }
}

type NetworkSetting = 'network' | 'rpcUrl' | 'finality'

/** The chain, who is asked about it, and how deep what it says must be. */
export function readNetwork(read: Reader<NetworkSetting>): NetworkConfig {
  const network = read.oneOf('network', ['testnet', 'mainnet'], 'testnet')
  return { network, rpcUrls: read.urls('rpcUrl'), finality: readFinality(read, network) }
}

function readFinality(read: Reader<NetworkSetting>, network: Network): NetworkConfig['finality'] {
  const tags = ['latest', 'safe', 'finalized'] as const
  if (read.has('finality')) {
    const both = read.oneOf('finality', tags, 'latest')
    return { payment: both, refund: both }
  }
  return { payment: 'latest', refund: network === 'mainnet' ? 'finalized' : 'latest' }
}

import type { Finality } from '@key0/core'
import type { Reader } from './Reader.ts'
import { readAmount } from './readAmount.ts'

export type Network = 'mainnet' | 'testnet'

export type NetworkConfig = {
  readonly network: Network
  readonly rpcUrls: readonly string[]
  readonly finality: { readonly payment: Finality; readonly refund: Finality }
  /** Above this value independent nodes must agree before money is decided about. */
  readonly agreement?: { readonly above: bigint; readonly rpcUrls: readonly string[] }
}

type NetworkSetting = 'network' | 'rpcUrl' | 'finality' | 'agreementAbove' | 'agreementRpcUrl'

/** The chain, who is asked about it, and how deep what it says must be. */
export function readNetwork(read: Reader<NetworkSetting>): NetworkConfig {
  const network = read.oneOf('network', ['testnet', 'mainnet'], 'testnet')
  const agreement = readAgreement(read)
  return {
    network,
    rpcUrls: read.urls('rpcUrl'),
    finality: readFinality(read, network),
    ...(agreement && { agreement }),
  }
}

function readAgreement(read: Reader<NetworkSetting>): NetworkConfig['agreement'] {
  const above = readAmount(read, 'agreementAbove')
  const rpcUrls = read.urls('agreementRpcUrl')
  if (above === undefined && rpcUrls.length > 0)
    read.fault('agreementAbove', 'must be set as well: above which amount the nodes must agree')
  if (above !== undefined && rpcUrls.length === 0)
    read.fault('agreementRpcUrl', 'must be set as well: nodes of another provider')
  return above === undefined ? undefined : { above, rpcUrls }
}

function readFinality(read: Reader<NetworkSetting>, network: Network): NetworkConfig['finality'] {
  const tags = ['latest', 'safe', 'finalized'] as const
  if (read.has('finality')) {
    const both = read.oneOf('finality', tags, 'latest')
    return { payment: both, refund: both }
  }
  return { payment: 'latest', refund: network === 'mainnet' ? 'finalized' : 'latest' }
}

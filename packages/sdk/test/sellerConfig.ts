import { createMemoryStore } from '@key0/core/memory'
import type { Sandbox } from '@key0/sandbox'
import type { SellerConfig } from '../src/SellerConfig.ts'

/** A whole configuration: one plan, sold on that chain. */
export function sellerConfig(
  { wallets, rpcUrl }: Pick<Sandbox, 'wallets' | 'rpcUrl'>,
  changes: Partial<SellerConfig> = {},
): SellerConfig {
  return {
    agentName: 'Reports',
    agentUrl: 'https://shop.example',
    walletAddress: wallets.seller.address,
    network: 'testnet',
    rpcUrl,
    gasWalletPrivateKey: wallets.gas.privateKey,
    plans: [{ planId: 'report', unitAmount: '$0.25' }],
    store: createMemoryStore(),
    fetchResourceCredentials: async () => ({ token: 'a-token' }),
    ...changes,
  }
}

import type { ChainRow } from './ChainRow.ts'

const usdc = { symbol: 'USDC', decimals: 6, transferMethod: 'eip3009' } as const

const baseCaveats: readonly string[] = [
  '"latest" is a sealed block of one sequencer. It has not been reorganised in practice; "safe" means posted to Ethereum, "finalized" means final there, some 15 minutes later.',
  'Circle can blacklist accounts and pause USDC. Refunds then wait; they are not lost.',
]

/**
 * The chains known by name, one row each. Token addresses: Circle, "USDC contract addresses".
 * Domain names as the live contracts answer `name()`: they differ between the two.
 */
export const chains: readonly ChainRow[] = [
  {
    id: 8453,
    name: 'mainnet',
    title: 'Base',
    caip2: 'eip155:8453',
    testnet: false,
    rpcUrls: ['https://mainnet.base.org', 'https://base-rpc.publicnode.com'],
    explorerTxUrl: 'https://basescan.org/tx/',
    blockTimeMs: 2_000,
    fees: { tipWei: 2_000_000n, maxFeeWei: 20_000_000_000n },
    tokens: [
      {
        ...usdc,
        address: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
        domain: { name: 'USD Coin', version: '2' },
      },
    ],
    caveats: baseCaveats,
  },
  {
    id: 84532,
    name: 'testnet',
    title: 'Base Sepolia',
    caip2: 'eip155:84532',
    testnet: true,
    rpcUrls: ['https://sepolia.base.org', 'https://base-sepolia-rpc.publicnode.com'],
    explorerTxUrl: 'https://sepolia.basescan.org/tx/',
    blockTimeMs: 2_000,
    fees: { tipWei: 2_000_000n, maxFeeWei: 100_000_000_000n },
    tokens: [
      {
        ...usdc,
        address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
        domain: { name: 'USDC', version: '2' },
      },
    ],
    caveats: ['Test money. A local chain is this row with another RPC URL.', ...baseCaveats],
  },
]

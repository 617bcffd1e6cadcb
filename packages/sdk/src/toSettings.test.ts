import type { EvmChain } from '@key0/chain-evm'
import { expect, test } from 'vitest'
import type { SellerConfig } from './SellerConfig.ts'
import { toSettings } from './toSettings.ts'

const payTo = `0x${'a1'.repeat(20)}` as const
const chain = {
  chainId: 8453,
  row: { testnet: false, title: 'Base' },
  token: { address: payTo, symbol: 'USDC', decimals: 6 },
  explorerUrl: (hash: string) => hash,
} as unknown as EvmChain

test('on mainnet a transaction that anybody can read buys nothing without its payer’s signature', () => {
  const config = { network: 'mainnet' } as SellerConfig
  expect(toSettings(config, chain, payTo).proofBinding).toBe('signature')
  const careless = { ...config, proofBinding: 'none' } as SellerConfig
  expect(() => toSettings(careless, chain, payTo)).toThrow('proofBinding')
})

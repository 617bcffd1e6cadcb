import type { EvmChain } from '@key0/chain-evm'
import { type Address, type EngineSettings, Key0Error } from '@key0/core'
import type { SellerConfig } from './SellerConfig.ts'

const MAX_TIMEOUT_SECONDS = 300
const SETTLE_WAIT_MS = 30_000
const REFUND_MIN_AGE_MS = 300_000

/** The engine's settings, with every default filled in. @throws CONFIG_INVALID */
export function toSettings(config: SellerConfig, chain: EvmChain, payTo: Address): EngineSettings {
  const { network, resourceEndpoint, refunds } = config
  const mainnet = network === 'mainnet'
  // Whether a bare hash is a proof, and how deep a refund is believed, hang on it.
  if (mainnet === chain.row.testnet)
    throw new Key0Error('CONFIG_INVALID', {
      facts: { network: `is "${network}", but the chain connected is ${chain.row.title}` },
    })
  if (mainnet && config.proofBinding === 'none')
    throw new Key0Error('CONFIG_INVALID', {
      facts: {
        proofBinding: 'must be "signature" on mainnet: anybody can read a transaction hash',
      },
    })
  const ttlSeconds = config.challengeTTLSeconds ?? 900
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 30)
    throw new Key0Error('CONFIG_INVALID', {
      facts: { challengeTTLSeconds: 'must be a whole number of seconds, at least 30' },
    })
  return {
    chainId: chain.chainId,
    token: chain.token.address,
    asset: chain.token.symbol,
    decimals: chain.token.decimals,
    payTo,
    challengeTTLMs: ttlSeconds * 1000,
    maxTimeoutSeconds: Math.min(MAX_TIMEOUT_SECONDS, ttlSeconds),
    finality: {
      payment: config.finality?.payment ?? 'latest',
      refund: config.finality?.refund ?? (mainnet ? 'finalized' : 'latest'),
    },
    settleWaitMs: config.settleWaitMs ?? SETTLE_WAIT_MS,
    deliveryWaitMs: 20_000,
    resubmitAfterMs: 30_000,
    refundMinAgeMs: refunds?.minAgeMs ?? REFUND_MIN_AGE_MS,
    refunds: refunds?.automatic ?? false,
    proofBinding: config.proofBinding ?? (mainnet ? 'signature' : 'none'),
    skewMs: 30_000,
    strayTransfers: config.strayTransfers ?? 'hold',
    explorerUrl: chain.explorerUrl,
    ...(resourceEndpoint && { resourceEndpoint }),
  }
}

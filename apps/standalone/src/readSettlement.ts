import type { Reader } from '@key0/app-kit'
import type { Setting } from './env.ts'
import type { GatewayConfig, SettlementConfig } from './GatewayConfig.ts'

/** Who brings payments to the chain: our own gas wallet, or a facilitator. */
export function readSettlement(
  read: Reader<Setting>,
  network: GatewayConfig['network'],
  warnings: string[],
): SettlementConfig {
  const refundKeys = read.privateKeys('gasWalletPrivateKey')
  // Settlements go out from the first: one wallet in one process is one queue.
  const [privateKey] = refundKeys
  const useGasWallet = read.flag('useGasWallet')
  if (useGasWallet === true && !read.has('gasWalletPrivateKey'))
    read.fault('gasWalletPrivateKey', 'must be set when USE_GAS_WALLET is true')
  if (privateKey && useGasWallet !== false) return { mode: 'gas-wallet', privateKey, refundKeys }

  const urls = read.urls('facilitatorUrl')
  const id = read.text('cdpApiKeyId')
  const secret = read.text('cdpApiKeySecret')
  if ((id === undefined) !== (secret === undefined))
    read.fault(id === undefined ? 'cdpApiKeyId' : 'cdpApiKeySecret', 'is missing its other half')
  const reachable = urls.length > 0 || (id !== undefined && secret !== undefined)
  // A gas wallet's key that is there and wrong was told already.
  const isTold = useGasWallet !== false && read.has('gasWalletPrivateKey')
  if (!reachable && useGasWallet !== true && !isTold) {
    const others = 'CDP_API_KEY_ID and CDP_API_KEY_SECRET, or KEY0_FACILITATOR_URL'
    const text = `must be set, or ${others}${useGasWallet === false ? ' (USE_GAS_WALLET is false)' : ''}`
    if (network === 'mainnet') read.fault('gasWalletPrivateKey', text)
    else warnings.push(`Payments cannot be settled yet: GAS_WALLET_PRIVATE_KEY ${text}.`)
  }
  return {
    mode: 'facilitator',
    ...(privateKey && reachable && { fallback: { privateKey, refundKeys } }),
    ...(urls.length > 0 && { urls }),
    ...(id !== undefined && secret !== undefined && { cdp: { id, secret } }),
  }
}

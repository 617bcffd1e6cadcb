import type { Reader as AnyReader } from '@key0/app-kit'
import type { Setting } from './env.ts'
import type { GatewayConfig, SettlementConfig } from './GatewayConfig.ts'

type Reader = AnyReader<Setting>

/** Who brings payments to the chain: our own gas wallet, a facilitator, or the buyers themselves. */
export function readSettlement(
  read: Reader,
  network: GatewayConfig['network'],
  warnings: string[],
): SettlementConfig {
  const refundKeys = read.privateKeys('gasWalletPrivateKey')
  // Settlements go out from the first: one wallet in one process is one queue.
  const [privateKey] = refundKeys
  const useGasWallet = read.flag('useGasWallet')
  const facilitators = readFacilitators(read, network)
  if (read.flag('exact') === false) {
    if (useGasWallet === true) read.fault('useGasWallet', 'is for KEY0_EXACT=true: nothing settles')
    warnings.push(
      ...tellUnasked(read, 'KEY0_EXACT is false, so that buyers pay on chain themselves'),
    )
    return { mode: 'none', refundKeys }
  }
  if (useGasWallet === true && !read.has('gasWalletPrivateKey'))
    read.fault('gasWalletPrivateKey', 'must be set when USE_GAS_WALLET is true')
  if (privateKey && useGasWallet !== false) {
    const why = 'the gas wallet settles; with USE_GAS_WALLET=false it stands behind facilitators'
    warnings.push(...tellUnasked(read, why))
    return { mode: 'gas-wallet', privateKey, refundKeys }
  }
  const reachable = Object.keys(facilitators).length > 0
  // A gas wallet's key that is there and wrong was told already.
  const isTold = useGasWallet !== false && read.has('gasWalletPrivateKey')
  if (!reachable && useGasWallet !== true && !isTold) {
    const others =
      'CDP_API_KEY_ID and CDP_API_KEY_SECRET, or KEY0_FACILITATOR_URL, or KEY0_EXACT=false'
    const text = `must be set, or ${others}${useGasWallet === false ? ' (USE_GAS_WALLET is false)' : ''}`
    if (network === 'mainnet') read.fault('gasWalletPrivateKey', text)
    else warnings.push(`Payments cannot be settled yet: GAS_WALLET_PRIVATE_KEY ${text}.`)
  }
  return {
    mode: 'facilitator',
    ...(privateKey && reachable && { fallback: { privateKey, refundKeys } }),
    ...facilitators,
  }
}

function readFacilitators(
  read: Reader,
  network: GatewayConfig['network'],
): Pick<Extract<SettlementConfig, { readonly mode: 'facilitator' }>, 'urls' | 'cdp'> {
  const urls = read.urls('facilitatorUrl')
  // An address may hold a key, so it is not repeated.
  if (network === 'mainnet' && urls.some(isInTheOpen))
    read.fault('facilitatorUrl', 'must be https on mainnet, except on this machine')
  const id = read.text('cdpApiKeyId')
  const secret = read.text('cdpApiKeySecret')
  if ((id === undefined) !== (secret === undefined))
    read.fault(id === undefined ? 'cdpApiKeyId' : 'cdpApiKeySecret', 'is missing its other half')
  return {
    ...(urls.length > 0 && { urls }),
    ...(id !== undefined && secret !== undefined && { cdp: { id, secret } }),
  }
}

function isInTheOpen(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

/** Whoever names a facilitator believes that it is asked. */
function tellUnasked(read: Reader, why: string): readonly string[] {
  const isGiven = {
    KEY0_FACILITATOR_URL: read.has('facilitatorUrl'),
    CDP_API_KEY_ID: read.has('cdpApiKeyId'),
  }
  return Object.entries(isGiven)
    .filter(([, is]) => is)
    .map(([name]) => `${name} is not used: ${why}.`)
}

import {
  createFacilitatorSettler,
  createGasWalletSettler,
  type EvmChain,
  type FacilitatorSettler,
  type GasWalletSettler,
} from '@key0/chain-evm'
import type { Settler } from '@key0/core'
import type { Check } from './Readiness.ts'
import type { SellerConfig } from './SellerConfig.ts'

/** Who brings payments to the chain, and whether it can. */
export type Settlement = {
  readonly settler: Settler
  readonly check: () => Promise<Check>
}

/** What one settlement takes at most. */
const SETTLEMENT_GAS = 200_000n

const GAS_UNKNOWN = 'the balance of the gas wallet could not be read'

/**
 * Recovery over a shared store meets what was signed for other gates: who offers no `exact` leaves
 * it to those who do, and hands it to no facilitator that its seller never named.
 */
const none: Settlement = {
  settler: {
    kind: 'facilitator',
    submit: async () => ({ kind: 'refused', reason: 'nothing is settled here' }),
  },
  check: async () => ({ status: 'ok' }),
}

/** The gas wallet, or facilitators, or both: facilitators first. Without `exact`, nobody. */
export function openSettlement(config: SellerConfig, chain: EvmChain): Settlement {
  if (config.exact === false) return none
  const { gasWalletPrivateKey, facilitatorUrl, cdpApiKeyId, cdpApiKeySecret } = config
  const lock = config.gasWalletLock && { lock: config.gasWalletLock }
  const own =
    gasWalletPrivateKey &&
    createGasWalletSettler({ chain, privateKey: gasWalletPrivateKey, ...lock })
  if (own && facilitatorUrl === undefined && cdpApiKeyId === undefined)
    return { settler: own, check: () => checkGas(own) }
  const settler = createFacilitatorSettler({
    chain,
    ...(own && { fallback: own }),
    ...(facilitatorUrl !== undefined && { urls: facilitatorUrl }),
    ...(cdpApiKeyId !== undefined && { cdpApiKeyId }),
    ...(cdpApiKeySecret !== undefined && { cdpApiKeySecret }),
  })
  return { settler, check: () => checkRails(settler, own) }
}

/** Every facilitator, and the gas wallet beside them: one rail that works is enough to sell. */
async function checkRails(
  facilitators: FacilitatorSettler,
  own: GasWalletSettler | undefined,
): Promise<Check> {
  const [found, gas] = await Promise.all([
    facilitators.checkSupport(),
    own && checkGas(own).catch(() => ({ status: 'failing', detail: GAS_UNKNOWN }) satisfies Check),
  ])
  const away = found.filter((it) => !it.isSupported)
  const details = away.map(({ url, reason }) => `${new URL(url).host}: ${reason}`)
  if (gas?.detail !== undefined) details.push(gas.detail)
  if (details.length === 0) return { status: 'ok' }
  const isPassable = away.length < found.length || gas?.status === 'ok'
  return { status: isPassable ? 'warning' : 'failing', detail: details.join('; ') }
}

async function checkGas({ sender }: GasWalletSettler): Promise<Check> {
  const isFunded = (await sender.gasBalance()) >= sender.priceOf(SETTLEMENT_GAS)
  if (isFunded) return { status: 'ok' }
  return { status: 'failing', detail: `the gas wallet ${sender.address} cannot pay for gas` }
}

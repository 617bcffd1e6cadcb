import { type Chain, defineChain, type Hex, hexToNumber } from 'viem'
import { type ChainControl, createChainControl, isSetUpAt } from './control/ChainControl.ts'
import { createMoneyControl, type MoneyControl } from './control/MoneyControl.ts'
import { createRpc, type Rpc } from './Rpc.ts'
import { SandboxError } from './SandboxError.ts'
import { describeUsdc, type Usdc, type UsdcPlace } from './usdc/Usdc.ts'
import { deriveWallets, type SandboxWallets } from './Wallet.ts'

/** A hold on a running sandbox, whoever started it. */
export type SandboxControl<extra extends string = never> = MoneyControl &
  ChainControl & {
    readonly rpcUrl: string
    readonly chainId: number
    /** The chain for viem clients: `createPublicClient({ chain, transport: http() })`. */
    readonly chain: Chain
    readonly usdc: Usdc
    readonly wallets: SandboxWallets<extra>
  }

export type ConnectOptions<extra extends string = never> = {
  readonly rpcUrl: string
  /** Names to derive beside the default ones; they get no money by it. */
  readonly wallets?: readonly extra[]
  /** Where USDC is, when the sandbox was started with a place of its own. */
  readonly usdc?: UsdcPlace
}

/**
 * Takes hold of a sandbox that another process started.
 *
 * @throws {SandboxError} `not_a_sandbox` when nothing answers there or it is another chain: these
 * methods forge state, and shall not even try it elsewhere.
 */
export async function connectSandbox<const extra extends string = never>(
  options: ConnectOptions<extra>,
): Promise<SandboxControl<extra>> {
  const rpc = createRpc(options.rpcUrl)
  let chainId: number
  try {
    chainId = hexToNumber(await rpc.request<Hex>('eth_chainId'))
    const head = await rpc.request<Hex>('eth_blockNumber')
    if (!(await isSetUpAt(rpc, BigInt(head)))) throw new Error('it is another chain')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new SandboxError(
      'not_a_sandbox',
      `no sandbox answers at ${options.rpcUrl} (${why}): start one with "key0-sandbox start"`,
      { cause },
    )
  }
  return createControl(rpc, describeUsdc(chainId, options.usdc), options.wallets ?? [])
}

export function createControl<extra extends string>(
  rpc: Rpc,
  usdc: Usdc,
  extra: readonly extra[],
): SandboxControl<extra> {
  const { chainId } = usdc.domain
  return {
    rpcUrl: rpc.url,
    chainId,
    chain: defineChain({
      id: chainId,
      name: `Key0 sandbox ${chainId}`,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [rpc.url] } },
      testnet: true,
    }),
    usdc,
    wallets: deriveWallets(extra),
    ...createMoneyControl(rpc, usdc),
    ...createChainControl(rpc),
  }
}

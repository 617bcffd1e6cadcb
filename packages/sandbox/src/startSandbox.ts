import { numberToHex } from 'viem'
import { createControl, type SandboxControl } from './connectSandbox.ts'
import type { Funding } from './control/MoneyControl.ts'
import { placeMulticall } from './multicall/placeMulticall.ts'
import { type AnvilProcess, startAnvil } from './node/startAnvil.ts'
import { createRpc, type Rpc, sendAsRole } from './Rpc.ts'
import { SandboxError } from './SandboxError.ts'
import { placeUsdc } from './usdc/placeUsdc.ts'
import { describeUsdc, type UsdcPlace } from './usdc/Usdc.ts'
import { type DefaultWalletName, type RoleName, roleAddress } from './Wallet.ts'

export type SandboxOptions<extra extends string = never> = {
  /** Default 84532, Base Sepolia. */
  readonly chainId?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: a free one. */
  readonly port?: number
  /** Where USDC goes and its name, on a chain that the sandbox does not know. */
  readonly usdc?: UsdcPlace
  /** More wallets, by name. */
  readonly wallets?: readonly extra[]
  /**
   * What a wallet holds at the start. Default: 10 ETH each; USDC 1,000 for names that begin with
   * `buyer`, 100 for names that begin with `seller`, none for others.
   */
  readonly funding?: { readonly [name in DefaultWalletName | extra]?: Funding }
  /** Blocks in an epoch: `safe` is one epoch behind the head, `finalized` two. Default 32. */
  readonly slotsInAnEpoch?: number
  /** A block every so many seconds. Default: one for each transaction, at once. */
  readonly blockTimeSeconds?: number
  /** False starts with stalled blocks. Default true; not together with `blockTimeSeconds`. */
  readonly automine?: boolean
  /** How long anvil may take to listen. Default 10,000. */
  readonly startTimeoutMs?: number
  /** Further arguments for anvil, such as `['--hardfork', 'prague']`. */
  readonly anvilArgs?: readonly string[]
}

/** A running sandbox of this process. `await using` stops it at the end of the block. */
export type Sandbox<extra extends string = never> = SandboxControl<extra> &
  AsyncDisposable & {
    /** Anvil's process id. */
    readonly pid: number
    /** Resolves when anvil has ended, for whatever reason. */
    readonly exited: Promise<void>
    /** Ends anvil and waits until it is gone. May be called again. */
    readonly stop: () => Promise<void>
  }

/**
 * Starts a local chain with Circle's real USDC contract at its canonical address and funded,
 * named wallets. Ready in about half a second; it ends with this process, however that ends.
 *
 * @throws {SandboxError} `bad_option`, `usdc_unknown`, `anvil_not_found`, `anvil_not_started`.
 */
export async function startSandbox<const extra extends string = never>(
  options: SandboxOptions<extra> = {},
): Promise<Sandbox<extra>> {
  const { chainId = 84532, wallets: extra = [] } = options
  checkOptions(options)
  const usdc = describeUsdc(chainId, options.usdc)
  const anvil = await startAnvil({
    chainId,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    slotsInAnEpoch: options.slotsInAnEpoch ?? 32,
    startTimeoutMs: options.startTimeoutMs ?? 10_000,
    anvilArgs: options.anvilArgs ?? [],
  })
  try {
    const rpc = createRpc(anvil.url)
    const control = createControl(rpc, usdc, extra)
    await endow(rpc)
    await placeUsdc(rpc, usdc)
    await placeMulticall(rpc)
    await fundWallets(rpc, control, options)
    await seal(rpc, control)
    if (options.blockTimeSeconds !== undefined) {
      await control.intervalMining(options.blockTimeSeconds)
    } else if (options.automine === false) await control.setAutomine(false)
    return toSandbox(control, anvil)
  } catch (error) {
    await anvil.stop()
    throw error
  }
}

function toSandbox<extra extends string>(
  control: SandboxControl<extra>,
  anvil: AnvilProcess,
): Sandbox<extra> {
  const { pid, exited, stop } = anvil
  return { ...control, pid, exited, stop, [Symbol.asyncDispose]: stop }
}

const ether = 10n ** 18n
const roles: readonly RoleName[] = [
  'proxyAdmin',
  'owner',
  'masterMinter',
  'minter',
  'pauser',
  'blacklister',
  'faucet',
]

async function endow(rpc: Rpc): Promise<void> {
  await rpc.request('anvil_setLoggingEnabled', [false])
  const plenty = numberToHex(10n ** 12n * ether)
  for (const role of roles) {
    await rpc.request('anvil_setBalance', [roleAddress(role), plenty])
  }
}

async function fundWallets<extra extends string>(
  rpc: Rpc,
  control: SandboxControl<extra>,
  options: SandboxOptions<extra>,
): Promise<void> {
  for (const name of Object.keys(control.wallets) as (DefaultWalletName | extra)[]) {
    const { address } = control.wallets[name]
    const { eth, usdc } = { eth: 10n * ether, usdc: defaultUsdc(name), ...options.funding?.[name] }
    await rpc.request('anvil_setBalance', [address, numberToHex(eth)])
    if (usdc > 0n) await control.mint(address, usdc)
  }
}

const oneUsdc = 1_000_000n

function defaultUsdc(name: string): bigint {
  if (name.startsWith('buyer')) return 1_000n * oneUsdc
  return name.startsWith('seller') ? 100n * oneUsdc : 0n
}

/** Ends the setup, and makes room for a reorganisation right after the first payment. */
async function seal<extra extends string>(rpc: Rpc, control: SandboxControl<extra>): Promise<void> {
  await sendAsRole(rpc, 'owner', { to: roleAddress('owner') })
  await control.mine(8)
}

function checkOptions<extra extends string>(options: SandboxOptions<extra>): void {
  const { blockTimeSeconds, automine, chainId, slotsInAnEpoch, startTimeoutMs } = options
  for (const [field, value] of Object.entries({
    chainId,
    slotsInAnEpoch,
    blockTimeSeconds,
    startTimeoutMs,
  })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new SandboxError('bad_option', `${field}: expected a whole number above 0`)
    }
  }
  if (blockTimeSeconds !== undefined && automine !== undefined) {
    throw new SandboxError('bad_option', 'blockTimeSeconds, automine: expected one of them')
  }
}

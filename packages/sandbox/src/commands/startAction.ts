import type { SandboxControl } from '../connectSandbox.ts'
import { type SandboxOptions, startSandbox } from '../startSandbox.ts'
import { defaultWalletNames } from '../Wallet.ts'
import type { Action, Output } from './toCommand.ts'
import { formatEth, formatUsdc, readAddress, readCount } from './values.ts'

/** Starts a sandbox and keeps it until a signal. */
export const startAction: Action = {
  description: 'Start a chain with USDC and funded wallets; runs until Ctrl-C',
  flags: {
    port: { description: 'Port, 0 for a free one', default: '8545' },
    host: { description: 'Address to listen on', default: '127.0.0.1' },
    'chain-id': { description: 'Chain id: 84532 is Base Sepolia, 8453 Base', default: '84532' },
    'block-time': { description: 'Seconds between blocks; without it, a block per transaction' },
    epoch: { description: 'Blocks in an epoch; 1 lets "finalized" follow closely', default: '32' },
    wallets: { description: 'More wallet names, separated by commas' },
    'usdc-address': { description: 'Where USDC goes, on a chain that has no known one' },
    'usdc-name': { description: 'Its name and EIP-712 domain name', default: 'USDC' },
  },
  run: async (args) => {
    const sandbox = await startSandbox(readOptions(args))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => void sandbox.stop())
    }
    // Nothing else keeps this process running: the sandbox does not hold its owner.
    const keepAlive = setInterval(() => undefined, 2 ** 30)
    void sandbox.exited.then(() => clearInterval(keepAlive))
    return await describe(sandbox, Object.keys(sandbox.wallets))
  },
}

function readOptions(args: Readonly<Record<string, string>>): SandboxOptions<string> {
  const place = args['usdc-address']
  return {
    port: readCount('--port', args.port ?? ''),
    host: args.host ?? '',
    chainId: readCount('--chain-id', args['chain-id'] ?? ''),
    slotsInAnEpoch: readCount('--epoch', args.epoch ?? ''),
    wallets: (args.wallets ?? '').split(',').filter((name) => name !== ''),
    ...(args['block-time'] && { blockTimeSeconds: readCount('--block-time', args['block-time']) }),
    ...(place && {
      usdc: { address: readAddress('--usdc-address', place), name: args['usdc-name'] ?? '' },
    }),
  }
}

/** Says what there is: for `start`, and for `status` of a running one. */
export async function describe(
  sandbox: SandboxControl,
  names: readonly string[] = defaultWalletNames,
): Promise<Output> {
  const { rpcUrl, chainId, usdc } = sandbox
  const all = sandbox.wallets as Readonly<Record<string, { address: `0x${string}` }>>
  const wallets = await Promise.all(
    names.map(async (name) => {
      const wallet = all[name] as (typeof sandbox.wallets)['seller']
      const { address } = wallet
      const [eth, units] = [await sandbox.ethBalanceOf(address), await sandbox.balanceOf(address)]
      return { ...wallet, eth, usdc: units }
    }),
  )
  const blockNumber = await sandbox.blockNumber()
  const lines = [
    `RPC      ${rpcUrl}`,
    `Chain    ${chainId}, block ${blockNumber}`,
    `USDC     ${usdc.address}`,
    `Domain   name "${usdc.domain.name}", version "${usdc.domain.version}"`,
    '',
    ...wallets.flatMap((it) => [
      `${it.name.padEnd(8)} ${it.address}  ${formatUsdc(it.usdc)}, ${formatEth(it.eth)}`,
      `         key ${it.privateKey}`,
    ]),
    '',
    'Anybody can derive these keys. Never send them anything of value.',
  ]
  const data = { rpcUrl, chainId, blockNumber, usdc, wallets: byName(wallets) }
  return { text: lines.join('\n'), data }
}

const byName = <item extends { readonly name: string }>(
  items: readonly item[],
): Record<string, item> => Object.fromEntries(items.map((item) => [item.name, item]))

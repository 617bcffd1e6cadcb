import { connectSandbox, type SandboxControl } from '../connectSandbox.ts'
import { describe } from './startAction.ts'
import type { Action, Flag, Output } from './toCommand.ts'
import { formatUsdc, readAddress, readAmount, readCount, readHex } from './values.ts'

type Args = Readonly<Record<string, string>>

const who: Flag = { description: 'An address, or the name of a wallet' }
const amount: Flag = { description: 'USDC, such as 12.50' }

/** What acts on a running sandbox. */
export const controlActions: Readonly<Record<string, Action>> = {
  status: on(
    'Show the chain, the wallets and their balances',
    {},
    async (it) => await describe(it),
  ),
  mint: on('Mint USDC', { who, amount }, async (it, args) => {
    const to = readAddress('who', args.who ?? '')
    const transaction = await it.mint(to, readAmount('amount', args.amount ?? '', 6))
    const balance = await it.balanceOf(to)
    return { text: `${to} has ${formatUsdc(balance)}`, data: { transaction, address: to, balance } }
  }),
  'fund-eth': on(
    'Give ETH from the faucet',
    { who, amount: { description: 'ETH, such as 0.5' } },
    async (it, args) => {
      const to = readAddress('who', args.who ?? '')
      await it.fund(to, { eth: readAmount('amount', args.amount ?? '', 18) })
      return { text: `${to} is funded`, data: { address: to, eth: await it.ethBalanceOf(to) } }
    },
  ),
  transfer: on(
    'Send USDC from one account to another',
    { from: who, to: who, amount },
    async (it, args) => {
      const [from, to] = [readAddress('from', args.from ?? ''), readAddress('to', args.to ?? '')]
      const value = readAmount('amount', args.amount ?? '', 6)
      return sent(await it.transfer(from, to, value))
    },
  ),
  transfers: on('List USDC transfers, oldest first', {}, listTransfers, {
    from: { description: 'Only from this address or wallet' },
    to: { description: 'Only to this address or wallet' },
  }),
  blacklist: on('Let USDC refuse transfers from and to an address', { who }, async (it, args) =>
    sent(await it.blacklist(readAddress('who', args.who ?? ''))),
  ),
  unblacklist: on('Undo blacklist', { who }, async (it, args) =>
    sent(await it.unblacklist(readAddress('who', args.who ?? ''))),
  ),
  pause: on('Let USDC refuse all transfers', {}, async (it) => sent(await it.pause())),
  unpause: on('Undo pause', {}, async (it) => sent(await it.unpause())),
  mine: on(
    'Make blocks at once',
    { blocks: { description: 'How many', default: '1' } },
    async (it, args) => {
      await it.mine(readCount('blocks', args.blocks ?? ''))
      return await head(it)
    },
  ),
  stall: on('Stop making blocks: transactions wait', {}, async (it) => {
    await it.stallBlocks()
    return await head(it)
  }),
  resume: on('Make blocks again', {}, async (it) => {
    await it.resumeBlocks()
    return await head(it)
  }),
  reorg: on(
    'Replace the last blocks by empty ones',
    { depth: { description: 'How many blocks' } },
    async (it, args) => {
      await it.reorg(readCount('depth', args.depth ?? ''))
      return await head(it)
    },
  ),
  drop: on(
    'Throw a waiting transaction out of the pool',
    { hash: { description: 'Its hash' } },
    async (it, args) => {
      const wasWaiting = await it.dropTransaction(readHex('hash', args.hash ?? ''))
      return { text: wasWaiting ? 'dropped' : 'it was not waiting', data: { dropped: wasWaiting } }
    },
  ),
  warp: on(
    "Move the chain's clock forward",
    { seconds: { description: 'How far' } },
    async (it, args) => {
      await it.increaseTime(readCount('seconds', args.seconds ?? ''))
      return await head(it)
    },
  ),
  snapshot: on('Remember the whole state', {}, async (it) => {
    const snapshot = await it.snapshot()
    return { text: snapshot, data: { snapshot } }
  }),
  revert: on(
    'Go back to a snapshot',
    { snapshot: { description: 'What "snapshot" answered' } },
    async (it, args) => {
      await it.revert(readHex('snapshot', args.snapshot ?? ''))
      return await head(it)
    },
  ),
}

function on(
  description: string,
  takes: Readonly<Record<string, Flag>>,
  run: (sandbox: SandboxControl, args: Args) => Promise<Output>,
  flags: Readonly<Record<string, Flag>> = {},
): Action {
  return {
    description,
    takes,
    flags: {
      rpc: { description: 'Where the sandbox answers', default: 'http://127.0.0.1:8545' },
      'usdc-address': { description: 'As given to "start"' },
      'usdc-name': { description: 'As given to "start"', default: 'USDC' },
      ...flags,
    },
    run: async (args) => {
      const address = args['usdc-address']
      const name = args['usdc-name'] ?? ''
      const sandbox = await connectSandbox({
        rpcUrl: args.rpc ?? '',
        ...(address && { usdc: { address: readAddress('--usdc-address', address), name } }),
      })
      return await run(sandbox, args)
    },
  }
}

async function listTransfers(sandbox: SandboxControl, args: Args): Promise<Output> {
  const transfers = await sandbox.transfers({
    ...(args.from && { from: readAddress('--from', args.from) }),
    ...(args.to && { to: readAddress('--to', args.to) }),
  })
  const lines = transfers.map(
    ({ from, to, value, transactionHash, blockNumber }) =>
      `block ${blockNumber}  ${from} -> ${to}  ${formatUsdc(value)}  ${transactionHash}`,
  )
  return { text: lines.join('\n') || 'no transfers', data: transfers }
}

const sent = (transaction: string): Output => ({ text: transaction, data: { transaction } })

async function head(sandbox: SandboxControl): Promise<Output> {
  const [blockNumber, timestamp] = [await sandbox.blockNumber(), await sandbox.timestamp()]
  const at = new Date(Number(timestamp) * 1000).toISOString()
  return { text: `block ${blockNumber}, ${at}`, data: { blockNumber, timestamp } }
}

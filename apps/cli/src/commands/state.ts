import {
  type RefundSwitch,
  readRefundSwitch,
  readSafeToSweep,
  startRefunds,
  stopRefunds,
  watchContinuity,
} from '@key0/core'
import { toAmount } from '../print.ts'
import { type Action, type Output, orderFlags, readOrder } from '../toCommand.ts'

/** `balanceOf(address)`. */
const BALANCE_OF = '0x70a08231'

/** The whole deployment: its switch, and what of its wallets is the seller's. */
export const stateActions: Readonly<Record<'status' | 'stop' | 'start' | 'sweepable', Action>> = {
  status: {
    description: 'Say whether refunds are stopped, by whom and why',
    ids: 'none',
    flags: {},
    run: async ({ ctx }) => told(await readRefundSwitch(ctx)),
  },
  stop: {
    description: 'Stop all refunds of every worker on this store',
    ids: 'none',
    flags: orderFlags,
    run: async ({ ctx }, values) => told(await stopRefunds(ctx, readOrder(values))),
  },
  start: {
    description: 'Let refunds go on',
    ids: 'none',
    flags: orderFlags,
    run: async ({ ctx }, values) => told(await startRefunds(ctx, readOrder(values))),
  },
  sweepable: {
    description: 'Say how much may leave each wallet without touching what others are owed',
    ids: 'none',
    flags: {},
    run: async (desk) => {
      const [chain, wallets] = [await desk.chain(), await desk.wallets()]
      const continuity = watchContinuity(desk.ctx)
      const data = []
      const lines: string[] = []
      for (const wallet of wallets) {
        const word = wallet.payee.slice(2).toLowerCase().padStart(64, '0')
        const call = { to: wallet.token, data: `${BALANCE_OF}${word}` }
        const ask = async (): Promise<bigint> =>
          BigInt(await chain.rpc.request<string>('eth_call', [call, 'latest']))
        const sweep = await readSafeToSweep({ ...desk.ctx, chain, continuity }, wallet, ask)
        data.push({ payee: wallet.payee, token: wallet.token, chainId: chain.chainId, ...sweep })
        lines.push(`${wallet.payee}: ${toAmount(sweep.safe)} may leave`)
        for (const [name, value] of Object.entries(sweep))
          if (name !== 'safe') lines.push(`  ${name.padEnd(12)} ${toAmount(value)}`)
      }
      return { text: lines.join('\n'), data }
    },
  },
}

function told(refunds: RefundSwitch): Output {
  const { isStopped, by, reason, at } = refunds
  const who = by === undefined ? '' : ` by ${by} at ${at?.toISOString()}: ${reason}`
  return { text: `Refunds ${isStopped ? 'are STOPPED' : 'go on'}${who}`, data: refunds }
}

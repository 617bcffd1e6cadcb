import { startRpcProxy, startSandbox } from '@key0/sandbox'
import type { Bench, BenchOptions, Report } from '../Bench.ts'
import { createBuyer } from '../flows/Buyer.ts'
import { startGateway } from '../flows/startGateway.ts'
import { countEach, median } from '../stats.ts'

const aim = 6

/** Asked again and again while the block is awaited, once for all who wait. */
const polls = ['eth_getBlockByNumber', 'eth_getLogs']

/** How often a purchase asks the chain's node. */
export const rpc: Bench = {
  name: 'rpc',
  summary: 'RPC calls of one settlement by the gas wallet, by name',
  run,
}

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const purchases = isQuick ? 2 : 5
  const modes = [
    ['a block at once', undefined],
    ['a block every 2 s', 2],
  ] as const
  const rows: (string | number)[][] = []
  let worst = 0
  for (const [title, blockTimeSeconds] of modes) {
    if (isQuick && blockTimeSeconds) continue
    say(`${purchases} purchases one after the other, ${title}`)
    const counts = await countCalls(purchases, blockTimeSeconds)
    for (const [name, perPurchase] of counts) rows.push([title, name, perPurchase])
    const sum = counts.filter(([name]) => !name.includes('(')).reduce((all, [, it]) => all + it, 0)
    rows.push([title, 'sum without polls', sum])
    worst = Math.max(worst, sum)
  }
  return {
    bench: 'rpc',
    tables: [
      {
        title: `Calls of one purchase on the success path, median of ${purchases}`,
        columns: ['chain', 'method', 'calls'],
        rows,
      },
    ],
    bars: [
      {
        promise: `at most ${aim} calls besides polls for the receipt and the block`,
        measured: `${worst} at worst`,
        isReached: worst <= aim,
      },
    ],
    notes: [
      'After sending, the head is asked for four times a block and the log once a block; both, and the',
      'account count every 2 s, serve all purchases that wait, so a crowd shares them.',
    ],
  }
}

type Count = readonly [name: string, median: number]

async function countCalls(
  purchases: number,
  blockTimeSeconds: number | undefined,
): Promise<readonly Count[]> {
  await using sandbox = await startSandbox({ ...(blockTimeSeconds && { blockTimeSeconds }) })
  await using proxy = await startRpcProxy({ target: sandbox.rpcUrl })
  await using gateway = await startGateway(sandbox, { rpcUrl: proxy.url })
  const buyer = createBuyer(gateway.url, sandbox, sandbox.wallets.buyer)
  // The first purchase also learns the gas nonce.
  await buyer.buy()
  const seen: Map<string, number>[] = []
  for (let at = 0; at < purchases; at += 1) {
    proxy.clearCalls()
    const { outcome } = await buyer.buy()
    if (outcome !== 'granted') throw new Error(`the purchase ended ${outcome}`)
    const methods = proxy.calls().map(({ method }) => method)
    seen.push(new Map(countEach(nameCalls(methods))))
  }
  const names = [...new Set(seen.flatMap((counts) => [...counts.keys()]))].sort()
  return names.map((name) => [name, median(seen.map((counts) => counts.get(name) ?? 0))])
}

/** Marks those calls that only wait: their number says how long the block took. */
function nameCalls(methods: readonly string[]): readonly string[] {
  const sentAt = methods.indexOf('eth_sendRawTransaction')
  return methods.map((method, at) => {
    if (method === 'eth_getTransactionReceipt') return `${method} (poll)`
    if (method === 'eth_getTransactionCount') return `${method} (every 2 s)`
    const isWaiting = sentAt >= 0 && at > sentAt
    return isWaiting && polls.includes(method) ? `${method} (poll, after sending)` : method
  })
}

import { startSandbox } from '@key0/sandbox'
import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import type { GatewaySettings } from '../gatewayServer.ts'
import { startServer } from '../MeasuredServer.ts'
import { median, round } from '../stats.ts'
import type { BareSettings } from './bareServer.ts'
import { measureRounds, medianRate, type Round, toRates } from './rounds.ts'
import { askPrice, measureAnswer } from './sendLoad.ts'

const aim = 0.6

/** Challenges issued over HTTP, against a handler that only writes the same answer. */
export const issue: Bench = {
  name: 'issue',
  summary: 'challenges over HTTP with the memory store, against a bare Hono handler',
  run,
}

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const [warmUp, count, rounds] = isQuick ? [20, 40, 1] : [6_000, 6_000, 7]
  await using sandbox = await startSandbox()
  const { seller, gas } = sandbox.wallets
  await using key0 = await startServer(new URL('../gatewayServer.ts', import.meta.url), {
    rpcUrl: sandbox.rpcUrl,
    walletAddress: seller.address,
    gasWalletPrivateKey: gas.privateKey,
  } satisfies GatewaySettings)
  await using bare = await startServer(new URL('./bareServer.ts', import.meta.url), {
    token: sandbox.usdc.address,
    payTo: seller.address,
  } satisfies BareSettings)
  const sizes = {
    key0: await measureAnswer(key0.url, askPrice),
    bare: await measureAnswer(bare.url, askPrice),
  }
  const { key0: ours, bare: theirs } = sizes
  if (ours.header !== theirs.header || ours.body !== theirs.body)
    throw new Error(`the answers differ in size, so nothing is compared: ${JSON.stringify(sizes)}`)

  const measured = await measureRounds(key0, bare, { ask: askPrice, warmUp, count, rounds }, say)
  const rss = round((await key0.usage()).rssBytes / 2 ** 20, 0)
  return toReport(measured, count, sizes, rss)
}

type Sizes = Readonly<Record<'key0' | 'bare', { readonly header: number; readonly body: number }>>

function toReport(measured: readonly Round[], count: number, sizes: Sizes, rss: number): Report {
  const ratio = medianRate(measured)
  const key0Us = median(measured.map((it) => it.key0Us))
  const bareUs = median(measured.map((it) => it.bareUs))
  const bar: Bar = {
    promise: `at least ${aim * 100} % of the bare handler's rate`,
    measured: `${round(ratio * 100, 1)} % (rounds: ${toRates(measured)})`,
    isReached: ratio >= aim,
  }
  const row = (name: string, us: number, size: Sizes['key0']): readonly (string | number)[] => [
    name,
    round(us, 1),
    round(1e6 / us, 0),
    size.header,
    size.body,
  ]
  return {
    bench: 'issue',
    tables: [
      {
        title: `Processor time of the server, median of ${measured.length} rounds of ${count}`,
        columns: ['server', 'µs/request', 'requests/CPU-second', 'header bytes', 'body bytes'],
        rows: [row('Key0', key0Us, sizes.key0), row('bare Hono', bareUs, sizes.bare)],
      },
    ],
    bars: [bar],
    notes: [`The gateway's process stood at ${rss} MiB after all rounds.`],
  }
}

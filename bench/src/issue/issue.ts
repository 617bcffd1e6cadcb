import { startSandbox } from '@key0/sandbox'
import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import type { GatewaySettings } from '../gatewayServer.ts'
import { type MeasuredServer, startServer } from '../MeasuredServer.ts'
import { median, round } from '../stats.ts'
import type { BareSettings } from './bareServer.ts'
import { measureAnswer, sendLoad } from './sendLoad.ts'

const connections = 16
/** Turns that each server takes in a round. */
const slices = 10
const aim = 0.6

/** Challenges issued over HTTP, against a handler that only writes the same answer. */
export const issue: Bench = {
  name: 'issue',
  summary: 'challenges over HTTP with the memory store, against a bare Hono handler',
  run,
}

type Round = { readonly key0Us: number; readonly bareUs: number }

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
  const sizes = { key0: await measureAnswer(key0.url), bare: await measureAnswer(bare.url) }
  const { key0: ours, bare: theirs } = sizes
  if (ours.header !== theirs.header || ours.body !== theirs.body)
    throw new Error(`the answers differ in size, so nothing is compared: ${JSON.stringify(sizes)}`)

  say(`warming up with ${warmUp} requests each`)
  for (const server of [key0, bare]) await cost(server, warmUp)
  const measured: Round[] = []
  for (let at = 0; at < rounds; at += 1) {
    const sums = { key0Us: 0, bareUs: 0 }
    for (let slice = 0; slice < slices; slice += 1) {
      // Short turns, first one then the other: what else the machine does strikes both alike.
      const key0First = (at + slice) % 2 === 0
      if (key0First) sums.key0Us += await cost(key0, count / slices)
      sums.bareUs += await cost(bare, count / slices)
      if (!key0First) sums.key0Us += await cost(key0, count / slices)
    }
    measured.push({ key0Us: sums.key0Us / slices, bareUs: sums.bareUs / slices })
    say(`round ${at + 1} of ${rounds}: ${round(rateOf(measured.at(-1) as Round) * 100, 1)} %`)
  }
  const rss = round((await key0.usage()).rssBytes / 2 ** 20, 0)
  return toReport(measured, count, sizes, rss)
}

/** Microseconds of the server's processor time for each request. */
async function cost(server: MeasuredServer, count: number): Promise<number> {
  await server.usage()
  await sendLoad(server.url, count, connections)
  return (await server.usage()).cpuUs / count
}

const rateOf = ({ key0Us, bareUs }: Round): number => bareUs / key0Us

type Sizes = Readonly<Record<'key0' | 'bare', { readonly header: number; readonly body: number }>>

function toReport(measured: readonly Round[], count: number, sizes: Sizes, rss: number): Report {
  const ratio = median(measured.map(rateOf))
  const key0Us = median(measured.map((it) => it.key0Us))
  const bareUs = median(measured.map((it) => it.bareUs))
  const ratios = measured.map((it) => round(rateOf(it) * 100, 1))
  const bar: Bar = {
    promise: `at least ${aim * 100} % of the bare handler's rate`,
    measured: `${round(ratio * 100, 1)} % (rounds: ${ratios.join(', ')})`,
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

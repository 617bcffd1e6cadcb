import { startSandbox } from '@key0/sandbox'
import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import type { GatewaySettings } from '../gatewayServer.ts'
import { measureRounds, medianRate, type Round, toRates } from '../issue/rounds.ts'
import type { Ask } from '../issue/sendLoad.ts'
import { startServer } from '../MeasuredServer.ts'
import { median, round } from '../stats.ts'

const aim = 0.7
const ask: Ask = { method: 'GET', path: '/photos/1', status: 200 }

/** A free route through the gateway, against reverse proxies in the same framework. */
export const proxy: Bench = {
  name: 'proxy',
  summary: 'a free route passed on by the gateway, against a bare reverse proxy in Hono',
  run,
}

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const [warmUp, count, rounds] = isQuick ? [20, 40, 1] : [4_000, 4_000, 5]
  await using sandbox = await startSandbox()
  const { seller, gas } = sandbox.wallets
  await using upstream = await startServer(new URL('./upstreamServer.ts', import.meta.url), {})
  await using key0 = await startServer(new URL('../gatewayServer.ts', import.meta.url), {
    rpcUrl: sandbox.rpcUrl,
    walletAddress: seller.address,
    gasWalletPrivateKey: gas.privateKey,
    routes: [{ method: 'GET', path: '/photos/:id' }],
    proxyTo: { baseUrl: upstream.url },
  } satisfies GatewaySettings)
  const against = { upstream: upstream.url }
  const measured: (readonly [name: string, rounds: readonly Round[]])[] = []
  for (const [name, program] of [
    ['hono/proxy', new URL('./bareProxy.ts', import.meta.url)],
    ['undici in Hono', new URL('./barePool.ts', import.meta.url)],
  ] as const) {
    await using bare = await startServer(program, against)
    measured.push([name, await measureRounds(key0, bare, { ask, warmUp, count, rounds }, say)])
  }
  return toReport(measured, count)
}

function toReport(
  measured: readonly (readonly [name: string, rounds: readonly Round[]])[],
  count: number,
): Report {
  const bars = measured.map(([name, rounds]): Bar => {
    const ratio = medianRate(rounds)
    return {
      promise: `at least ${aim * 100} % of the rate of ${name}`,
      measured: `${round(ratio * 100, 1)} % (rounds: ${toRates(rounds)})`,
      isReached: ratio >= aim,
    }
  })
  const rows = measured.flatMap(([name, rounds]) => [
    [`Key0 beside ${name}`, ...costOf(rounds.map(({ key0Us }) => key0Us))],
    [name, ...costOf(rounds.map(({ bareUs }) => bareUs))],
  ])
  const title = `Processor time of the proxy, median of rounds of ${count}`
  const columns = ['proxy', 'µs/request', 'requests/CPU-second']
  return { bench: 'proxy', tables: [{ title, columns, rows }], bars, notes: [] }
}

function costOf(values: readonly number[]): readonly number[] {
  const us = median(values)
  return [round(us, 1), round(1e6 / us, 0)]
}

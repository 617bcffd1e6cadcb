import { startSandbox } from '@key0/sandbox'
import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import type { GatewaySettings } from '../gatewayServer.ts'
import { measureRounds, medianRate, type Round, toRates } from '../issue/rounds.ts'
import { type Ask, measureAnswer } from '../issue/sendLoad.ts'
import { startServer } from '../MeasuredServer.ts'
import { median, round } from '../stats.ts'
import type { BareDocuments } from './bareDocuments.ts'

const aim = 0.8
const paths = ['/discover', '/llms.txt', '/openapi.json'] as const

/** Discovery documents, against a handler that writes the same bytes. */
export const discovery: Bench = {
  name: 'discovery',
  summary: 'discovery documents over HTTP, against a bare Hono handler',
  run,
}

type Measured = { readonly path: string; readonly bytes: number; readonly rounds: readonly Round[] }

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const [warmUp, count, rounds] = isQuick ? [20, 40, 1] : [6_000, 6_000, 5]
  await using sandbox = await startSandbox()
  const { seller, gas } = sandbox.wallets
  await using key0 = await startServer(new URL('../gatewayServer.ts', import.meta.url), {
    rpcUrl: sandbox.rpcUrl,
    walletAddress: seller.address,
    gasWalletPrivateKey: gas.privateKey,
  } satisfies GatewaySettings)
  await using bare = await startServer(
    new URL('./bareDocuments.ts', import.meta.url),
    await copyDocuments(key0.url),
  )
  const measured: Measured[] = []
  for (const path of paths) {
    const ask: Ask = { method: 'GET', path, status: 200 }
    const sizes = [await measureAnswer(key0.url, ask), await measureAnswer(bare.url, ask)]
    const [ours, theirs] = sizes
    if (!ours || ours.header !== theirs?.header || ours.body !== theirs.body)
      throw new Error(`the answers differ in size, so nothing is compared: ${path}`)
    say(path)
    const plan = { ask, warmUp, count, rounds }
    measured.push({ path, bytes: ours.body, rounds: await measureRounds(key0, bare, plan, say) })
  }
  return toReport(measured, count)
}

async function copyDocuments(url: string): Promise<BareDocuments> {
  const copies: [string, BareDocuments[string]][] = []
  for (const path of paths) {
    const answer = await fetch(`${url}${path}`)
    // What the server adds by itself, it adds for both.
    const own = ['connection', 'keep-alive', 'date', 'content-length', 'transfer-encoding']
    const headers = [...answer.headers].filter(([name]) => !own.includes(name))
    copies.push([path, { text: await answer.text(), headers: Object.fromEntries(headers) }])
  }
  return Object.fromEntries(copies)
}

function toReport(measured: readonly Measured[], count: number): Report {
  const bars = measured.map(({ path, rounds }): Bar => {
    const ratio = medianRate(rounds)
    return {
      promise: `${path}: at least ${aim * 100} % of the bare handler's rate`,
      measured: `${round(ratio * 100, 1)} % (rounds: ${toRates(rounds)})`,
      isReached: ratio >= aim,
    }
  })
  const rows = measured.flatMap(({ path, bytes, rounds }) =>
    (['key0Us', 'bareUs'] as const).map((of) => {
      const us = median(rounds.map((it) => it[of]))
      const server = of === 'key0Us' ? 'Key0' : 'bare Hono'
      return [path, server, round(us, 1), round(1e6 / us, 0), bytes]
    }),
  )
  return {
    bench: 'discovery',
    tables: [
      {
        title: `Processor time of the server, medians of rounds of ${count}`,
        columns: ['document', 'server', 'µs/request', 'requests/CPU-second', 'bytes'],
        rows,
      },
    ],
    bars,
    notes: [],
  }
}

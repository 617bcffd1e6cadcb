import { Agent, request } from 'node:http'
import type { Bench, BenchOptions, Report, Table } from '../Bench.ts'
import { startServer } from '../MeasuredServer.ts'
import { percentile, round } from '../stats.ts'
import { payFor } from './payFor.ts'
import type { ShopSettings } from './shopServer.ts'

/** What a price on a route costs, against the same app without it. */
export const middleware: Bench = {
  name: 'middleware',
  summary: 'a priced route in Express, Fastify and Hono, unpaid and paid, against a free one',
  run,
}

type Headers = Readonly<Record<string, string>>
type Counts = { readonly warmUp: number; readonly batches: number; readonly perBatch: number }

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const counts: Counts = isQuick
    ? { warmUp: 5, batches: 1, perBatch: 10 }
    : { warmUp: 1_000, batches: 20, perBatch: 250 }
  const tables: Table[] = []
  for (const framework of ['express', 'fastify', 'hono'] as const) {
    say(framework)
    tables.push(await measure(framework, counts))
  }
  return {
    bench: 'middleware',
    tables,
    bars: [],
    notes: [
      'One client, one connection, one request after the other; the three kinds take turns. Behind' +
        ' the price: the memory store, and a chain in memory.',
    ],
  }
}

async function measure(framework: ShopSettings['framework'], counts: Counts): Promise<Table> {
  const program = new URL('./shopServer.ts', import.meta.url)
  const settings = { framework } as const
  await using bare = await startServer(program, { ...settings, isPriced: false })
  await using priced = await startServer(program, { ...settings, isPriced: true })
  const paid = { 'payment-signature': await payFor(`${priced.url}/report`) }
  const kinds = {
    'without it': () => timeOf(bare.url, {}, 200),
    unpaid: () => timeOf(priced.url, {}, 402),
    'paid already': () => timeOf(priced.url, paid, 200),
  }
  const times = new Map(Object.keys(kinds).map((kind) => [kind, [] as number[]]))
  for (let batch = -1; batch < counts.batches; batch += 1)
    for (const [kind, time] of Object.entries(kinds))
      for (let sent = 0; sent < (batch < 0 ? counts.warmUp : counts.perBatch); sent += 1) {
        const us = await time()
        if (batch >= 0) times.get(kind)?.push(us)
      }
  agent.destroy()
  const free = times.get('without it') ?? []
  return {
    title: `${framework}: time until an answer is read, ${free.length} requests of each kind`,
    columns: ['request', 'p50 µs', 'p99 µs', 'p50 ratio', 'p99 ratio', 'p50 more, µs'],
    rows: [...times].map(([kind, all]) => toRow(kind, all, free)),
  }
}

function toRow(
  kind: string,
  times: readonly number[],
  free: readonly number[],
): readonly (string | number)[] {
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)]
  const [free50, free99] = [percentile(free, 0.5), percentile(free, 0.99)]
  return [
    kind,
    round(p50, 0),
    round(p99, 0),
    round(p50 / free50),
    round(p99 / free99),
    round(p50 - free50, 0),
  ]
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

async function timeOf(url: string, headers: Headers, expected: number): Promise<number> {
  const from = process.hrtime.bigint()
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${url}/report`, { agent, headers }, (response) => {
      if (response.statusCode !== expected) reject(new Error(`HTTP ${response.statusCode}`))
      response.resume().once('end', resolve).once('error', reject)
    })
    sent.once('error', reject).end()
  })
  return Number(process.hrtime.bigint() - from) / 1_000
}

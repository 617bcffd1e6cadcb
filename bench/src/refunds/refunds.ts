import type { Bench, BenchOptions, Report } from '../Bench.ts'
import { round } from '../stats.ts'
import { type Measured, type Mode, refundAll } from './refundAll.ts'

const aimSeconds = 60
const aimWasted = 0.05

/** How fast a backlog of refunds goes back, and what it costs. */
export const refunds: Bench = {
  name: 'refunds',
  summary: '1,000 due refunds: time, calls and gas, single and batched, 1, 2 and 8 workers',
  run,
}

const modes: readonly Mode[] = [
  { isBatched: false, workers: 1 },
  { isBatched: true, workers: 1 },
  { isBatched: false, workers: 1, blockTimeSeconds: 2 },
  { isBatched: true, workers: 1, blockTimeSeconds: 2 },
  { isBatched: true, workers: 2, blockTimeSeconds: 2 },
  { isBatched: true, workers: 8, blockTimeSeconds: 2 },
  { isBatched: false, workers: 2, blockTimeSeconds: 2 },
  { isBatched: false, workers: 8, blockTimeSeconds: 2 },
  { isBatched: false, isPlain: true, workers: 1 },
  { isBatched: false, isPlain: true, workers: 1, blockTimeSeconds: 2 },
]

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const count = isQuick ? 20 : 1_000
  const all: { readonly mode: Mode; readonly measured: Measured }[] = []
  for (const mode of modes) {
    if (isQuick && mode.blockTimeSeconds && mode.workers === 1) continue
    say(`${count} refunds ${describe(mode)}`)
    all.push({ mode, measured: await refundAll(mode, count) })
  }
  const slow = all.filter(({ mode }) => mode.blockTimeSeconds && mode.workers === 1)
  const shared = all.filter(({ mode }) => mode.workers > 1)
  const batched = slow.find(({ mode }) => mode.isBatched)?.measured
  const wasted = Math.max(...shared.map(({ measured }) => measured.wasted / measured.transactions))
  const isExact = all.every(({ measured }) =>
    [measured.transfers, measured.refunded].every((it) => it === count),
  )
  return {
    bench: 'refunds',
    tables: [
      {
        title: `${count} refunds due at once`,
        columns: ['chain', 'carriers', 'workers', 'refunds/s', 's', 'p50 s', 'p99 s'],
        rows: all.map(({ mode, measured: it }) => [
          ...name(mode),
          ...[round(it.refunded / it.seconds, 1), round(it.seconds, 1)],
          ...[round(it.p50, 1), round(it.p99, 1)],
        ]),
      },
      {
        title: 'What one refund costs, and what was wasted',
        columns: ['chain', 'carriers', 'workers', 'calls', 'HTTP', 'gas', 'transactions', 'wasted'],
        rows: all.map(({ mode, measured: it }) => [
          ...name(mode),
          ...[round(it.callsEach, 1), round(it.requestsEach, 2), round(it.gasEach, 0)],
          ...[it.transactions, it.wasted],
        ]),
      },
    ],
    bars: [
      {
        promise: `${count} due refunds within ${aimSeconds} s at 2 s blocks by one worker`,
        measured: `${round(batched?.seconds ?? Number.NaN, 1)} s`,
        isReached: (batched?.seconds ?? Number.NaN) <= aimSeconds,
      },
      {
        promise: `at most ${aimWasted * 100} % wasted transactions with 2 and 8 workers`,
        measured: `${round(wasted * 100, 1)} % at worst`,
        isReached: wasted <= aimWasted,
      },
      {
        promise: `exactly ${count} transfers and ${count} refunded records each time`,
        measured: isExact ? 'so' : 'not so',
        isReached: isExact,
      },
    ],
    notes: [
      'Workers share a Redis store, a Redis lock and one seller wallet, which pays its own gas.',
      'They run in this process, each with its own gas nonces; the chain shares the cores.',
    ],
  }
}

function name({
  blockTimeSeconds,
  isBatched,
  isPlain,
  workers,
}: Mode): readonly (string | number)[] {
  const chain = blockTimeSeconds ? `a block every ${blockTimeSeconds} s` : 'a block at once'
  return [chain, isPlain ? 'transfers' : isBatched ? 'batched' : 'single', workers]
}

function describe(mode: Mode): string {
  const [chain, carriers, workers] = name(mode)
  return `${carriers}, ${chain}, ${workers} worker${workers === 1 ? '' : 's'}`
}

import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import { median, round } from '../stats.ts'
import { type OpenedPostgres, openPostgres } from '../stores/openPostgres.ts'
import {
  callers,
  mintPurchases,
  type Purchase,
  type Step,
  steps,
  take,
  workThrough,
} from '../stores/purchases.ts'
import { meanOf, type Spent, spend } from '../stores/Spent.ts'
import { type Bare, createBare } from './createBare.ts'
import { type Weight, weighUnpaid } from './weighUnpaid.ts'

/** What the operations of the Postgres store cost beside bare rows. */
export const postgres: Bench = {
  name: 'postgres',
  summary: 'the writes of the Postgres store against bare rows: commits, log, rate; bytes',
  run,
}

type Turn = { readonly store: Spent; readonly bare: Spent }
type Round = Readonly<Record<Step, Turn>>
/** What one operation left in the write-ahead log, and how often it committed. */
type Logged = {
  readonly bytes: number
  readonly bareBytes: number
  readonly transactions: number
  readonly statements: number
}

const maxTimes = 1.5
const aim = 0.6

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const [count, slices, rounds, unpaid] = isQuick ? [20, 2, 1, 200] : [2_000, 4, 7, 20_000]
  await using opened = await openPostgres()
  const bare = await createBare(opened.sql)
  const measured: Round[] = []
  // The first round only warms up.
  for (let at = 0; at <= rounds; at += 1) {
    const purchases = mintPurchases(at * count, count)
    const one = await measureRound(opened, bare, purchases, slices)
    if (at > 0) measured.push(one)
    say(at === 0 ? 'warmed up' : `round ${at} of ${rounds}`)
  }
  const logs: Record<Step, Logged>[] = []
  for (let at = 0; at < rounds; at += 1)
    logs.push(await readLog(opened, bare, mintPurchases((rounds + 1) * count + at * 200, 200)))
  say(`weighing ${unpaid} unpaid challenges`)
  return toReport(measured, logs, count, await weighUnpaid(unpaid))
}

async function measureRound(
  { store, cpuUs }: OpenedPostgres,
  bare: Bare,
  purchases: readonly Purchase[],
  slices: number,
): Promise<Round> {
  const turns: Partial<Record<Step, Turn>> = {}
  const size = purchases.length / slices
  for (const step of steps) {
    const parts: Turn[] = []
    for (let slice = 0; slice < slices; slice += 1) {
      const some = purchases.slice(slice * size, (slice + 1) * size)
      const ours = (): Promise<void> => workThrough(some, callers, (it) => take(store, step, it))
      const theirs = (): Promise<void> => workThrough(some, callers, (it) => bare.row(step, it))
      // Short turns, first one then the other: what else the machine does strikes both alike.
      const first = slice % 2 === 0 ? await spend(size, cpuUs, ours) : undefined
      const other = await spend(size, cpuUs, theirs)
      parts.push({ store: first ?? (await spend(size, cpuUs, ours)), bare: other })
    }
    const store_ = meanOf(parts.map((part) => part.store))
    turns[step] = { store: store_, bare: meanOf(parts.map((part) => part.bare)) }
  }
  return turns as Round
}

/** One caller, so that nothing else is in the log. */
async function readLog(
  opened: OpenedPostgres,
  bare: Bare,
  purchases: readonly Purchase[],
): Promise<Record<Step, Logged>> {
  const { sql, store, sent } = opened
  const read = async (): Promise<{ readonly lsn: number; readonly xid: number }> => {
    const [row] = await sql`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as lsn,
      pg_snapshot_xmax(pg_current_snapshot())::text as xid`
    return { lsn: Number(row?.lsn), xid: Number(row?.xid) }
  }
  const count = purchases.length
  const logged: Partial<Record<Step, Logged>> = {}
  for (const step of steps) {
    const before = await read()
    const sentBefore = sent()
    await workThrough(purchases, 1, (it) => take(store, step, it))
    const statements = (sent() - sentBefore) / count
    const between = await read()
    await workThrough(purchases, 1, (it) => bare.rows(step, it))
    const after = await read()
    logged[step] = {
      bytes: (between.lsn - before.lsn) / count,
      bareBytes: (after.lsn - between.lsn) / count,
      transactions: (between.xid - before.xid) / count,
      statements,
    }
  }
  return logged as Record<Step, Logged>
}

function toReport(
  rounds: readonly Round[],
  logs: readonly Record<Step, Logged>[],
  count: number,
  weight: Weight,
): Report {
  const middle = (step: Step, pick: (turn: Turn) => number): number =>
    median(rounds.map((one) => pick(one[step])))
  const logged = (step: Step, pick: (log: Logged) => number): number =>
    median(logs.map((one) => pick(one[step])))
  const bars = steps.flatMap((step): readonly Bar[] => {
    const times = logged(step, (it) => it.bytes / it.bareBytes)
    const transactions = logged(step, (it) => it.transactions)
    const statements = logged(step, (it) => it.statements)
    const share = middle(step, (it) => it.bare.wallUs / it.store.wallUs)
    return [
      {
        promise: `${step}: one statement, one commit`,
        measured: `${statements} and ${transactions}`,
        isReached: statements === 1 && transactions === 1,
      },
      {
        promise: `${step}: at most ${maxTimes} times the log of the bare rows`,
        measured: `${round(times)} times`,
        isReached: times <= maxTimes,
      },
      {
        promise: `${step}: at least ${aim * 100} % of the rate of one bare row, ${callers} callers`,
        measured: `${round(share * 100, 1)} %`,
        isReached: share >= aim,
      },
    ]
  })
  const row = (step: Step, name: 'store' | 'bare'): readonly (string | number)[] => [
    step,
    name === 'bare' ? 'one bare row' : name,
    round(1e6 / middle(step, (it) => it[name].wallUs), 0),
    round(
      middle(step, (it) => it[name].serverUs),
      1,
    ),
    round(
      middle(step, (it) => it[name].clientUs),
      1,
    ),
  ]
  return {
    bench: 'postgres',
    tables: [
      {
        title: `${callers} callers, 10 connections; median of ${rounds.length} rounds of ${count}`,
        columns: ['write', 'by', 'per second', 'server µs CPU', 'client µs CPU'],
        rows: steps.flatMap((step) => [row(step, 'store'), row(step, 'bare')]),
      },
      {
        title: `One caller, median of ${logs.length} rounds of 200`,
        columns: ['write', 'log bytes', 'bare rows', 'transactions', 'statements'],
        rows: steps.map((step) => [
          step,
          round(
            logged(step, (it) => it.bytes),
            0,
          ),
          round(
            logged(step, (it) => it.bareBytes),
            0,
          ),
          logged(step, (it) => it.transactions),
          logged(step, (it) => it.statements),
        ]),
      },
      {
        title: `Bytes on disk for each of ${weight.count} unpaid challenges`,
        columns: ['relation', 'bytes'],
        rows: [...weight.parts, ['all', weight.bytes]].map(([name, bytes]) => [
          String(name),
          round(Number(bytes), 0),
        ]),
      },
    ],
    bars,
    notes: [
      'One bare row: the row of the challenge alone, with a primary key and the key of its request.',
      'The bare rows of the log are all rows of the step (trail and claim too), in one commit.',
    ],
  }
}

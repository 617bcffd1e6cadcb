import type { Bench, BenchOptions, Report } from '../Bench.ts'
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
import { meanOf, spend } from '../stores/Spent.ts'
import { type Bare, createBare } from './createBare.ts'
import { type Logged, type Round, type Turn, toReport } from './toReport.ts'
import { weighUnpaid } from './weighUnpaid.ts'

/** What the operations of the Postgres store cost beside bare rows. */
export const postgres: Bench = {
  name: 'postgres',
  summary: 'the writes of the Postgres store against bare rows: commits, log, rate; bytes',
  run,
}

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const [count, slices, rounds, unpaid] = isQuick ? [20, 2, 1, 200] : [2_000, 4, 7, 20_000]
  await using opened = await openPostgres()
  const bare = await createBare(opened.sql, 'keys')
  const indexed = await createBare(opened.sql, 'all')
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
    logs.push(
      await readLog(opened, [bare, indexed], mintPurchases((rounds + 1) * count + at * 200, 200)),
    )
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
  [bare, indexed]: readonly [Bare, Bare],
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
    await workThrough(purchases, 1, (it) => indexed.rows(step, it))
    const last = await read()
    logged[step] = {
      bytes: (between.lsn - before.lsn) / count,
      bareBytes: (after.lsn - between.lsn) / count,
      indexedBytes: (last.lsn - after.lsn) / count,
      commits: (between.xid - before.xid) / count,
      statements,
    }
  }
  return logged as Record<Step, Logged>
}

import type { Bar, Report, Table } from '../Bench.ts'
import { median, round } from '../stats.ts'
import { callers, type Step, steps } from '../stores/purchases.ts'
import type { Spent } from '../stores/Spent.ts'
import type { Weight } from './weighUnpaid.ts'

/** What one kind of operation took in one round, and one bare row of it. */
export type Turn = { readonly store: Spent; readonly bare: Spent }
export type Round = Readonly<Record<Step, Turn>>

/** What one operation left in the write-ahead log, and how often it committed. */
export type Logged = {
  readonly bytes: number
  /** Of the same rows in tables with keys alone. */
  readonly bareBytes: number
  /** Of the same rows in tables with all of the store's indexes. */
  readonly indexedBytes: number
  readonly commits: number
  readonly statements: number
}
export type Logs = readonly Readonly<Record<Step, Logged>>[]

const maxTimes = 1.5
const aim = 0.6

export function toReport(
  rounds: readonly Round[],
  logs: Logs,
  count: number,
  weight: Weight,
): Report {
  return {
    bench: 'postgres',
    tables: [toCosts(rounds, count), toLogged(logs), toWeights(weight)],
    bars: steps.flatMap((step) => toBars(rounds, logs, step)),
    notes: [
      'One bare row: the row of the challenge alone, with a primary key and the key of its request.',
      'Bare rows: all rows of the step (trail and claim too) in one commit, with such keys alone;',
      'beside them the same rows in tables with all indexes of the store. Neither has triggers.',
    ],
  }
}

function toBars(rounds: readonly Round[], logs: Logs, step: Step): readonly Bar[] {
  const logged = (pick: (log: Logged) => number): number =>
    median(logs.map((one) => pick(one[step])))
  const times = logged((it) => it.bytes / it.bareBytes)
  const indexed = logged((it) => it.bytes / it.indexedBytes)
  const commits = logged((it) => it.commits)
  const statements = logged((it) => it.statements)
  const share = median(rounds.map((one) => one[step].bare.wallUs / one[step].store.wallUs))
  return [
    {
      promise: `${step}: one statement, one commit`,
      measured: `${statements} and ${commits}`,
      isReached: statements === 1 && commits === 1,
    },
    {
      promise: `${step}: at most ${maxTimes} times the log of the bare rows`,
      measured: `${round(times)} times (${round(indexed)} times with the same indexes)`,
      isReached: times <= maxTimes,
    },
    {
      promise: `${step}: at least ${aim * 100} % of the rate of one bare row`,
      measured: `${round(share * 100, 1)} %`,
      isReached: share >= aim,
    },
  ]
}

const sides = [
  ['store', 'store'],
  ['bare', 'one bare row'],
] as const

function toCosts(rounds: readonly Round[], count: number): Table {
  return {
    title: `${callers} callers, 10 connections; median of ${rounds.length} rounds of ${count}`,
    columns: ['write', 'by', 'per second', 'server µs CPU', 'client µs CPU'],
    rows: steps.flatMap((step) =>
      sides.map(([by, name]) => {
        const us = (pick: (spent: Spent) => number): number =>
          median(rounds.map((one) => pick(one[step][by])))
        const [server, client] = [us((it) => it.serverUs), us((it) => it.clientUs)]
        const rate = round(1e6 / us((it) => it.wallUs), 0)
        return [step, name, rate, round(server, 1), round(client, 1)]
      }),
    ),
  }
}

function toLogged(logs: Logs): Table {
  const names = ['bytes', 'bareBytes', 'indexedBytes', 'commits', 'statements'] as const
  return {
    title: `One caller, for each operation; median of ${logs.length} rounds of 200`,
    columns: ['write', 'log bytes', 'bare rows', 'same indexes', 'commits', 'statements'],
    rows: steps.map((step) => [
      step,
      ...names.map((name) => round(median(logs.map((one) => one[step][name])), 0)),
    ]),
  }
}

function toWeights({ count, parts, bytes }: Weight): Table {
  const all = ['all', bytes] as const
  return {
    title: `Bytes on disk for each of ${count} unpaid challenges`,
    columns: ['relation', 'bytes'],
    rows: [...parts, all].map(([name, size]) => [name, round(size, 0)]),
  }
}

import type { Bar, Report, Table } from '../Bench.ts'
import { median, round } from '../stats.ts'
import { callers, type Step, steps } from '../stores/purchases.ts'
import type { Spent } from '../stores/Spent.ts'
import type { Weight } from './weighUnpaid.ts'

/** What one kind of operation took in one round. */
export type Turn = {
  readonly store: Spent
  /** A script with the same writes that answers 1. */
  readonly raw: Spent
  /** A script with the same writes that answers the record. */
  readonly answering: Spent
}
export type Round = Readonly<Record<Step, Turn>>

const maxTimes = 2
const aim = 0.7
const maxBytes = 1_024

export function toReport(
  rounds: readonly Round[],
  count: number,
  perCall: Readonly<Record<Step, number>>,
  weight: Weight,
): Report {
  return {
    bench: 'redis',
    tables: [toCosts(rounds, count), toWeights(weight)],
    bars: [
      ...steps.flatMap((step) => toBars(rounds, step, perCall[step])),
      {
        promise: `an unpaid challenge takes at most ${maxBytes} bytes, trail and indexes included`,
        measured: `${round(weight.bytes, 0)}`,
        isReached: weight.bytes <= maxBytes,
      },
    ],
    notes: [
      'A bare script is what Redis itself wrote to its append-only file for the same call: the',
      'commands that changed something, one after the other. It reads nothing and decides nothing.',
    ],
  }
}

function toBars(rounds: readonly Round[], step: Step, perCall: number): readonly Bar[] {
  const middle = (pick: (turn: Turn) => number): number =>
    median(rounds.map((one) => pick(one[step])))
  const times = middle((it) => it.store.serverUs / it.raw.serverUs)
  const inside = middle((it) => (it.store.scriptUs ?? 0) / (it.raw.scriptUs ?? 0))
  const share = middle((it) => it.answering.wallUs / it.store.wallUs)
  const strict = middle((it) => it.raw.wallUs / it.store.wallUs)
  return [
    {
      promise: `${step}: at most ${maxTimes} times the server's processor time of the bare script`,
      measured: `${round(times)} times (elapsed inside the script: ${round(inside)} times)`,
      isReached: times <= maxTimes,
    },
    { promise: `${step}: one round trip`, measured: `${perCall}`, isReached: perCall === 1 },
    {
      promise: `${step}: at least ${aim * 100} % of the rate of one that answers the same`,
      measured: `${percent(share)} (${percent(strict)} of one that answers 1)`,
      isReached: share >= aim,
    },
  ]
}

const percent = (share: number): string => `${round(share * 100, 1)} %`

const names = [
  ['store', 'store'],
  ['raw', 'bare, answers 1'],
  ['answering', 'bare, answers the same'],
] as const

function toCosts(rounds: readonly Round[], count: number): Table {
  return {
    title: `${callers} callers on one connection; median of ${rounds.length} rounds of ${count}`,
    columns: ['write', 'by', 'script µs', 'per second', 'server µs CPU', 'client µs CPU'],
    rows: steps.flatMap((step) =>
      names.map(([by, name]) => {
        const all = rounds.map((one) => one[step][by])
        const us = (pick: (spent: Spent) => number): number => median(all.map(pick))
        return [
          ...[
            step,
            name,
            round(
              us((it) => it.scriptUs ?? 0),
              1,
            ),
          ],
          round(1e6 / us((it) => it.wallUs), 0),
          round(
            us((it) => it.serverUs),
            1,
          ),
          round(
            us((it) => it.clientUs),
            1,
          ),
        ]
      }),
    ),
  }
}

function toWeights({ count, parts, bytes }: Weight): Table {
  const all = ['all, as the server counts its memory', bytes] as const
  return {
    title: `Bytes for each of ${count} unpaid challenges`,
    columns: ['keys', 'bytes'],
    rows: [...parts, all].map(([name, size]) => [name, round(size, 0)]),
  }
}

import { RedisChallengeStore } from '@key0/store-redis'
import { startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import { median, round } from '../stats.ts'
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
import { createRaw, type Raw } from './createRaw.ts'
import { readCpuUs, readScriptCalls } from './readServer.ts'
import { createWriteReader, type Write } from './readWrites.ts'
import { weighUnpaid } from './weighUnpaid.ts'

/** What the operations of the Redis store cost beside the bare writes. */
export const redis: Bench = {
  name: 'redis',
  summary: 'the writes of the Redis store against scripts that only write the same; bytes',
  run,
}

/** What one kind of operation took in one round. */
type Turn = {
  readonly scriptUs: number
  readonly rawScriptUs: number
  readonly store: Spent
  readonly raw: Spent
}
type Round = Readonly<Record<Step, Turn>>

const maxTimes = 2
const aim = 0.7
const maxBytes = 1_024

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const [count, slices, rounds, unpaid] = isQuick ? [20, 2, 1, 200] : [4_000, 8, 7, 50_000]
  await using rig = await openRig()
  const measured: Round[] = []
  const perCall = await countRoundTrips(rig)
  // The first round only warms up.
  for (let at = 0; at <= rounds; at += 1) {
    const purchases = mintPurchases(at * count, count)
    const measuredRound = await measureRound(rig, purchases, slices)
    if (at > 0) measured.push(measuredRound)
    say(at === 0 ? 'warmed up' : `round ${at} of ${rounds}`)
  }
  say(`weighing ${unpaid} unpaid challenges`)
  const weight = await weighUnpaid(unpaid)
  return toReport(measured, count, perCall, weight)
}

type Rig = AsyncDisposable & {
  readonly redis: Redis
  readonly rawRedis: Redis
  readonly store: RedisChallengeStore
  readonly raw: Raw
  readonly readWrites: () => readonly (readonly Write[])[]
}

/** Two servers alike: one for the store, one for the scripts that only write. */
async function openRig(): Promise<Rig> {
  const [server, rawServer] = [await startFiled(), await startFiled()]
  const [redis, rawRedis] = [new Redis(server.url), new Redis(rawServer.url)]
  for (const each of [redis, rawRedis]) await each.config('SET', 'auto-aof-rewrite-percentage', '0')
  const store = new RedisChallengeStore({ redis })
  return {
    ...{ redis, rawRedis, store },
    raw: createRaw(rawRedis),
    readWrites: createWriteReader(server),
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      rawRedis.disconnect()
      await server.stop()
      await rawServer.stop()
    },
  }
}

/** What it kept is read while it runs, so it writes at once; the system flushes when it likes. */
const startFiled = (): ReturnType<typeof startRedis> =>
  startRedis({ appendonly: true, appendfsync: 'no' })

/** How many commands one operation sends, and waits for, on its connection. */
async function countRoundTrips({ redis, store }: Rig): Promise<Readonly<Record<Step, number>>> {
  const [first, second] = mintPurchases(-2, 2) as [Purchase, Purchase]
  // The first call of each sends the script itself.
  for (const step of steps) await take(store, step, first)
  const counts = { create: 0, settle: 0, transition: 0 }
  const send = redis.sendCommand.bind(redis)
  for (const step of steps) {
    redis.sendCommand = (...args) => {
      counts[step] += 1
      return send(...args)
    }
    await take(store, step, second)
  }
  redis.sendCommand = send
  return counts
}

async function measureRound(
  rig: Rig,
  purchases: readonly Purchase[],
  slices: number,
): Promise<Round> {
  const turns: Partial<Record<Step, Turn>> = {}
  for (const step of steps) {
    const size = purchases.length / slices
    const parts: Turn[] = []
    // Short turns, first one then the other: what else the machine does strikes both alike.
    for (let slice = 0; slice < slices; slice += 1)
      parts.push(await measureSlice(rig, step, purchases.slice(slice * size, (slice + 1) * size)))
    const mean = (pick: (part: Turn) => number): number =>
      parts.reduce((sum, part) => sum + pick(part), 0) / parts.length
    turns[step] = {
      scriptUs: mean((part) => part.scriptUs),
      rawScriptUs: mean((part) => part.rawScriptUs),
      store: meanOf(parts.map((part) => part.store)),
      raw: meanOf(parts.map((part) => part.raw)),
    }
  }
  return turns as Round
}

async function measureSlice(rig: Rig, step: Step, purchases: readonly Purchase[]): Promise<Turn> {
  const { redis, rawRedis, store, raw } = rig
  const count = purchases.length
  rig.readWrites()
  const before = await readScriptCalls(redis)
  const spent = await spend(
    count,
    () => readCpuUs(redis),
    () => workThrough(purchases, callers, (purchase) => take(store, step, purchase)),
  )
  const after = await readScriptCalls(redis)
  const writes = rig.readWrites()
  if (writes.length !== count || after.calls - before.calls !== count)
    throw new Error(`${count} of ${step} were ${writes.length} groups of writes`)
  const rawBefore = await readScriptCalls(rawRedis)
  const rawSpent = await spend(
    count,
    () => readCpuUs(rawRedis),
    () => workThrough(writes, callers, raw),
  )
  const rawAfter = await readScriptCalls(rawRedis)
  return {
    scriptUs: (after.us - before.us) / count,
    rawScriptUs: (rawAfter.us - rawBefore.us) / count,
    store: spent,
    raw: rawSpent,
  }
}

type Weight = Awaited<ReturnType<typeof weighUnpaid>>

function toReport(
  rounds: readonly Round[],
  count: number,
  perCall: Readonly<Record<Step, number>>,
  weight: Weight,
): Report {
  const middle = (step: Step, pick: (turn: Turn) => number): number =>
    median(rounds.map((one) => pick(one[step])))
  const times = (step: Step): number => middle(step, (it) => it.scriptUs / it.rawScriptUs)
  const share = (step: Step): number => middle(step, (it) => it.raw.wallUs / it.store.wallUs)
  const bars = steps.flatMap((step): readonly Bar[] => [
    {
      promise: `${step}: at most ${maxTimes} times the server's time of the bare script`,
      measured: `${round(times(step))} times`,
      isReached: times(step) <= maxTimes,
    },
    {
      promise: `${step}: one round trip`,
      measured: `${perCall[step]}`,
      isReached: perCall[step] === 1,
    },
    {
      promise: `${step}: at least ${aim * 100} % of the bare script's rate, ${callers} callers`,
      measured: `${round(share(step) * 100, 1)} %`,
      isReached: share(step) >= aim,
    },
  ])
  const rows = steps.flatMap((step) => {
    const row = (name: string, of: (turn: Turn) => Spent, us: (turn: Turn) => number) => [
      step,
      name,
      round(middle(step, us), 1),
      round(1e6 / middle(step, (it) => of(it).wallUs), 0),
      round(
        middle(step, (it) => of(it).serverUs),
        1,
      ),
      round(
        middle(step, (it) => of(it).clientUs),
        1,
      ),
    ]
    return [
      row(
        'store',
        (it) => it.store,
        (it) => it.scriptUs,
      ),
      row(
        'bare script',
        (it) => it.raw,
        (it) => it.rawScriptUs,
      ),
    ]
  })
  return {
    bench: 'redis',
    tables: [
      {
        title: `${callers} callers on one connection; median of ${rounds.length} rounds of ${count}`,
        columns: ['write', 'by', 'script µs', 'per second', 'server µs CPU', 'client µs CPU'],
        rows,
      },
      {
        title: `Bytes for each of ${weight.count} unpaid challenges`,
        columns: ['keys', 'bytes'],
        rows: [
          ...weight.parts.map(([name, bytes]) => [name, round(bytes, 0)]),
          ['all, as the server counts its memory', round(weight.bytes, 0)],
        ],
      },
    ],
    bars: [
      ...bars,
      {
        promise: `an unpaid challenge takes at most ${maxBytes} bytes, trail and indexes included`,
        measured: `${round(weight.bytes, 0)}`,
        isReached: weight.bytes <= maxBytes,
      },
    ],
    notes: [
      'The bare script is what Redis itself wrote to its append-only file for the same call: the',
      'commands that changed something, one after the other, and the answer 1.',
    ],
  }
}

import { RedisChallengeStore } from '@key0/store-redis'
import { startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import type { Bench, BenchOptions, Report } from '../Bench.ts'
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
import { type Round, type Turn, toReport } from './toReport.ts'
import { weighUnpaid } from './weighUnpaid.ts'

/** What the operations of the Redis store cost beside the bare writes. */
export const redis: Bench = {
  name: 'redis',
  summary: 'the writes of the Redis store against scripts that only write the same; bytes',
  run,
}

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
  readonly answeringRedis: Redis
  readonly answering: Raw
  readonly readWrites: () => readonly (readonly Write[])[]
}

/** Three servers alike: one for the store, one for each kind of script that only writes. */
async function openRig(): Promise<Rig> {
  const servers = [await startFiled(), await startFiled(), await startFiled()] as const
  const clients = servers.map(({ url }) => new Redis(url))
  for (const each of clients) await each.config('SET', 'auto-aof-rewrite-percentage', '0')
  const [redis, rawRedis, answeringRedis] = clients as [Redis, Redis, Redis]
  return {
    ...{ redis, rawRedis, answeringRedis, store: new RedisChallengeStore({ redis }) },
    ...{ raw: createRaw(rawRedis, 'one'), answering: createRaw(answeringRedis, 'record') },
    readWrites: createWriteReader(servers[0]),
    async [Symbol.asyncDispose]() {
      for (const each of clients) each.disconnect()
      for (const each of servers) await each.stop()
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
  const size = purchases.length / slices
  for (const step of steps) {
    const parts: Turn[] = []
    // Short turns, one after the other: what else the machine does strikes all alike.
    for (let slice = 0; slice < slices; slice += 1)
      parts.push(await measureSlice(rig, step, purchases.slice(slice * size, (slice + 1) * size)))
    turns[step] = {
      store: meanOf(parts.map((part) => part.store)),
      raw: meanOf(parts.map((part) => part.raw)),
      answering: meanOf(parts.map((part) => part.answering)),
    }
  }
  return turns as Round
}

async function measureSlice(rig: Rig, step: Step, purchases: readonly Purchase[]): Promise<Turn> {
  const { redis, rawRedis, answeringRedis, store, raw, answering } = rig
  const count = purchases.length
  rig.readWrites()
  const ours = await spendOn(redis, count, () =>
    workThrough(purchases, callers, (purchase) => take(store, step, purchase)),
  )
  const writes = rig.readWrites()
  if (writes.length !== count)
    throw new Error(`${count} of ${step} were ${writes.length} groups of writes`)
  return {
    store: ours,
    raw: await spendOn(rawRedis, count, () => workThrough(writes, callers, raw)),
    answering: await spendOn(answeringRedis, count, () => workThrough(writes, callers, answering)),
  }
}

async function spendOn(redis: Redis, count: number, work: () => Promise<void>): Promise<Spent> {
  const before = await readScriptCalls(redis)
  const spent = await spend(count, () => readCpuUs(redis), work)
  const after = await readScriptCalls(redis)
  if (after.calls - before.calls !== count)
    throw new Error(`${count} operations were ${after.calls - before.calls} calls`)
  return { ...spent, scriptUs: (after.us - before.us) / count }
}

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ChallengeBase, ChallengeStore, Outcome } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { createSqliteStore } from '@key0/store-sqlite'
import type { Bench, BenchOptions, Report } from '../Bench.ts'
import { median, round } from '../stats.ts'
import { mintPurchase } from './mintPurchase.ts'

/** What writing a challenge's life costs, and what an unpaid one takes. */
export const store: Bench = {
  name: 'store',
  summary: 'create, settle and transition per second, and bytes for each unpaid challenge',
  run,
}

type Step = 'create' | 'settle' | 'transition'
type Cost = { readonly cpuUs: number; readonly wallUs: number }
type Costs = Readonly<Record<Step, Cost>>

const kinds = ['memory', 'sqlite'] as const
const steps = ['create', 'settle', 'transition'] as const

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const [count, rounds, unpaid] = isQuick ? [20, 1, 50] : [250, 7, 5_000]
  const measured: Record<(typeof kinds)[number], Costs[]> = { memory: [], sqlite: [] }
  // The first round only compiles.
  for (let at = 0; at <= rounds; at += 1) {
    for (const kind of at % 2 === 0 ? kinds : kinds.toReversed()) {
      await using opened = await open(kind)
      const costs = await live(opened.store, count)
      if (at > 0) measured[kind].push(costs)
    }
    say(at === 0 ? 'warmed up' : `round ${at} of ${rounds}`)
  }
  say(`weighing ${unpaid} unpaid challenges`)
  const bytes = { memory: await weighMemory(unpaid), sqlite: await weighSqlite(unpaid) }
  const rows = kinds.flatMap((kind) =>
    steps.map((step) =>
      toRow(
        kind,
        step,
        measured[kind].map((it) => it[step]),
      ),
    ),
  )
  const isRoomy = bytes.memory < 4_096 && bytes.sqlite < 4_096
  return {
    bench: 'store',
    tables: [
      {
        title: `One caller, one write after the other; median of ${rounds} rounds of ${count}`,
        columns: ['store', 'write', 'per second', 'per CPU-second', 'µs CPU', 'µs elapsed'],
        rows,
      },
      {
        title: `Bytes for each of ${unpaid} unpaid challenges, audit entry and indexes included`,
        columns: ['store', 'bytes'],
        rows: kinds.map((kind) => [kind, round(bytes[kind], 0)]),
      },
    ],
    bars: [
      {
        promise: 'an unpaid challenge takes less than 4 KiB (our own yardstick)',
        measured: `${round(bytes.memory, 0)} in memory, ${round(bytes.sqlite, 0)} on disk`,
        isReached: isRoomy,
      },
    ],
    notes: [
      'sqlite runs with synchronous=FULL: every write waits for the disk, so elapsed is the disk.',
    ],
  }
}

function toRow(kind: string, step: Step, costs: readonly Cost[]): readonly (string | number)[] {
  const cpuUs = median(costs.map((it) => it.cpuUs))
  const wallUs = median(costs.map((it) => it.wallUs))
  return [
    kind,
    step,
    round(1e6 / wallUs, 0),
    round(1e6 / cpuUs, 0),
    round(cpuUs, 1),
    round(wallUs, 1),
  ]
}

type Opened = AsyncDisposable & { readonly store: ChallengeStore; readonly path?: string }

async function open(
  kind: (typeof kinds)[number],
  synchronous: 'FULL' | 'NORMAL' = 'FULL',
): Promise<Opened> {
  if (kind === 'memory') {
    const memory = createMemoryStore()
    return { store: memory, [Symbol.asyncDispose]: async () => await memory.close() }
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-bench-'))
  const sqlite = createSqliteStore({ dataDir, synchronous })
  return {
    store: sqlite,
    path: join(dataDir, 'key0.sqlite'),
    async [Symbol.asyncDispose]() {
      await sqlite.close().catch(() => undefined)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Creates, pays and takes into delivery `count` challenges, each step for all of them at once. */
async function live(challenges: ChallengeStore, count: number): Promise<Costs> {
  const purchases = Array.from({ length: count }, (_, at) => mintPurchase(at))
  const each = async (work: (at: number) => Promise<Outcome>): Promise<Cost> => {
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    for (let at = 0; at < count; at += 1) {
      const { kind } = await work(at)
      if (kind !== 'applied') throw new Error(`a write was ${kind}`)
    }
    const wallUs = ((performance.now() - startedAt) * 1000) / count
    const { user, system } = process.cpuUsage(cpu)
    return { cpuUs: (user + system) / count, wallUs }
  }
  const purchase = (at: number): ReturnType<typeof mintPurchase> =>
    purchases[at] as ReturnType<typeof mintPurchase>
  const create = await each((at) => challenges.create(purchase(at).base, { key: `create-${at}` }))
  const settle = await each((at) => {
    const { base, paymentRef, paid } = purchase(at)
    return challenges.settle(base.challengeId, paymentRef, paid, { key: `settle-${at}` })
  })
  const transition = await each((at) => {
    const { base, lease } = purchase(at)
    const move = { from: 'PAID', to: 'PAID', key: `lease-${at}` } as const
    return challenges.transition({ ...move, id: base.challengeId, fields: { lease } })
  })
  return { create, settle, transition }
}

async function fill(challenges: ChallengeStore, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const base: ChallengeBase = mintPurchase(at).base
    await challenges.create(base, { key: `create-${at}` })
  }
}

async function weighMemory(count: number): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await using opened = await open('memory')
  await fill(opened.store, 100)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let at = 100; at < 100 + count; at += 1)
    await opened.store.create(mintPurchase(at).base, { key: `create-${at}` })
  collect()
  return (process.memoryUsage().heapUsed - before) / count
}

async function weighSqlite(count: number): Promise<number> {
  // Only the size counts here, so nobody waits for the disk.
  await using opened = await open('sqlite', 'NORMAL')
  await fill(opened.store, count)
  // Closing moves the write-ahead log into the file.
  await opened.store.close()
  return (await stat(opened.path ?? '')).size / count
}

import { startSandbox } from '@key0/sandbox'
import { startPostgres, startRedis } from '@key0/test-services'
import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import type { GatewaySettings } from '../gatewayServer.ts'
import { startServer } from '../MeasuredServer.ts'
import { median, round } from '../stats.ts'
import type { BareSettings } from './bareServer.ts'
import type { Where } from './openBareWrite.ts'
import { measureRounds, medianRate, type Round, toRates } from './rounds.ts'
import { askPrice } from './sendLoad.ts'

const aim = 0.6

/** Challenges issued over HTTP and kept on a server, against a handler that writes once. */
export const issueStores: Bench = {
  name: 'issue-stores',
  summary: 'challenges over HTTP on Redis and on Postgres, against a bare handler with one write',
  run,
}

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const measured = new Map<string, readonly Round[]>()
  for (const [name, open] of engines) {
    const plan = isQuick ? { ask: askPrice, warmUp: 20, count: 40, rounds: 1 } : plans[name]
    measured.set(name, await measure(open, plan, (text) => say(`${name}: ${text}`)))
  }
  return toReport(measured)
}

const plans = {
  Redis: { ask: askPrice, warmUp: 4_000, count: 4_000, rounds: 7 },
  Postgres: { ask: askPrice, warmUp: 1_000, count: 1_000, rounds: 7 },
} as const

type Opened = AsyncDisposable & { readonly key0: Where; readonly bare: Where }

const engines = [
  ['Redis', openRedis],
  ['Postgres', openPostgres],
] as const

/** Both write to the same server, which keeps what it is told at once. */
async function openRedis(): Promise<Opened> {
  const server = await startRedis({ appendonly: true, appendfsync: 'everysec' })
  const where = { redisUrl: server.url }
  return { key0: where, bare: where, [Symbol.asyncDispose]: server.stop }
}

async function openPostgres(): Promise<Opened> {
  const server = await startPostgres()
  return {
    key0: { databaseUrl: await server.createDatabase() },
    bare: { databaseUrl: await server.createDatabase() },
    [Symbol.asyncDispose]: server.stop,
  }
}

async function measure(
  open: () => Promise<Opened>,
  plan: Parameters<typeof measureRounds>[2],
  say: (text: string) => void,
): Promise<readonly Round[]> {
  await using sandbox = await startSandbox()
  await using where = await open()
  const { seller, gas } = sandbox.wallets
  await using key0 = await startServer(new URL('../gatewayServer.ts', import.meta.url), {
    rpcUrl: sandbox.rpcUrl,
    walletAddress: seller.address,
    gasWalletPrivateKey: gas.privateKey,
    ...where.key0,
  } satisfies GatewaySettings)
  await using bare = await startServer(new URL('./bareServer.ts', import.meta.url), {
    token: sandbox.usdc.address,
    payTo: seller.address,
    ...where.bare,
  } satisfies BareSettings)
  return await measureRounds(key0, bare, plan, say)
}

function toReport(measured: ReadonlyMap<string, readonly Round[]>): Report {
  const all = [...measured]
  const bars = all.map(
    ([name, rounds]): Bar => ({
      promise: `${name}: at least ${aim * 100} % of the rate of a bare handler with one write`,
      measured: `${round(medianRate(rounds) * 100, 1)} % (rounds: ${toRates(rounds)})`,
      isReached: medianRate(rounds) >= aim,
    }),
  )
  const rows = all.flatMap(([name, rounds]) => {
    const row = (by: string, cpu: keyof Round, wall: keyof Round) => [
      name,
      by,
      round(median(rounds.map((one) => one[cpu])), 1),
      round(1e6 / median(rounds.map((one) => one[cpu])), 0),
      round(1e6 / median(rounds.map((one) => one[wall])), 0),
    ]
    return [row('Key0', 'key0Us', 'key0WallUs'), row('bare Hono', 'bareUs', 'bareWallUs')]
  })
  return {
    bench: 'issue-stores',
    tables: [
      {
        title: "Processor time of the HTTP server's process, and requests as they were answered",
        columns: ['store', 'server', 'µs/request', 'requests/CPU-second', 'requests/s'],
        rows,
      },
    ],
    bars,
    notes: [
      'The bare write: on Redis a script with HSET of the same fields and PEXPIRE; on Postgres one',
      'INSERT of the same fields, with a primary key and a unique request.',
    ],
  }
}

import { createDispatcher } from '@key0/delivery'
import { deriveWallet, startSandbox } from '@key0/sandbox'
import { startPostgres, startRedis } from '@key0/test-services'
import type { Bench, BenchOptions, Report, Table } from '../Bench.ts'
import { createBuyer } from '../flows/Buyer.ts'
import { startGateway } from '../flows/startGateway.ts'
import { type MeasuredServer, startServer } from '../MeasuredServer.ts'
import { median, round } from '../stats.ts'
import { mintPurchases, workThrough } from '../stores/purchases.ts'
import type { DispatcherSettings } from './dispatcherServer.ts'
import { type OpenPlace, openPlace, type Place } from './place.ts'

/** What durable notifications cost a paid flow, and how fast they are delivered. */
export const webhooks: Bench = {
  name: 'webhooks',
  summary:
    'paid flows with and without notifications; notifications a second; a backlog of 100,000',
  run,
}

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
const BUYERS = 20

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const [rounds, events, backlog] = isQuick ? [1, 40, 80] : [5, 10_000, 100_000]
  const flows = await measureFlows(rounds, say)
  const rows: Row[] = []
  for (const engine of ['Redis', 'PostgreSQL'] as const)
    for (const dispatchers of [1, 4])
      rows.push(await measureDispatch({ engine, dispatchers, events, isOutage: false, say }))
  rows.push(
    await measureDispatch({
      engine: 'Redis',
      dispatchers: 1,
      events: backlog,
      isOutage: true,
      say,
    }),
  )
  return {
    bench: 'webhooks',
    tables: [flows, toTable(rows)],
    bars: [],
    notes: [
      'The receiver, the dispatchers and the store share the cores with one another.',
      'Rates are from the first arrival to the last; every event arrived.',
    ],
  }
}

/** Rates of whole purchases in turns: a gateway that tells nobody, one that tells a receiver. */
async function measureFlows(rounds: number, say: (text: string) => void): Promise<Table> {
  const measured: { readonly rate: number; readonly cpuMs: number }[][] = [[], []]
  for (let round = 0; round < rounds; round += 1)
    for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
      say(`round ${round + 1} of ${rounds}, ${side === 0 ? 'without' : 'with'} notifications`)
      measured[side]?.push(await buyAll(side === 1))
    }
  const [without = [], told = []] = measured
  const middle = (all: typeof told, what: 'rate' | 'cpuMs') => median(all.map((it) => it[what]))
  const row = (title: string, all: typeof told): (string | number)[] => [
    ...[title, round(middle(all, 'rate'), 1), round(middle(all, 'cpuMs'), 1)],
  ]
  const ratio = (what: 'rate' | 'cpuMs'): number =>
    round(middle(told, what) / middle(without, what), 3)
  return {
    title: `Paid flows, ${BUYERS} buyers, embedded store, blocks at once; median of ${rounds}`,
    columns: ['notifications', 'flows/s', 'gateway CPU ms/flow'],
    rows: [
      row('none', without),
      row('one webhook', told),
      ['ratio', ratio('rate'), ratio('cpuMs')],
    ],
  }
}

async function buyAll(isTold: boolean): Promise<{ rate: number; cpuMs: number }> {
  const names = Array.from({ length: BUYERS }, (_, at) => `buyer-${at}` as const)
  await using sandbox = await startSandbox({ wallets: names })
  await using receiver = await startReceiver()
  const webhook = isTold ? { webhook: { url: `${receiver.url}/hook`, secret } } : {}
  await using gateway = await startGateway(sandbox, webhook)
  const buyers = names.map((name) => createBuyer(gateway.url, sandbox, deriveWallet(name)))
  await createBuyer(gateway.url, sandbox, sandbox.wallets.buyer).buy()
  await gateway.usage()
  const startedAt = performance.now()
  const each = 5
  await Promise.all(
    buyers.map(async (buyer) => {
      for (let at = 0; at < each; at += 1) {
        const { outcome } = await buyer.buy()
        if (outcome !== 'granted') throw new Error(`a purchase ended ${outcome}`)
      }
    }),
  )
  const seconds = (performance.now() - startedAt) / 1_000
  // What is told afterwards counts as well: created, paid and delivered, for every purchase.
  if (isTold) await untilCount(receiver, (BUYERS * each + 1) * 3)
  const { cpuUs } = await gateway.usage()
  const flows = BUYERS * each
  return { rate: flows / seconds, cpuMs: cpuUs / 1_000 / flows }
}

type Plan = {
  readonly engine: Place['engine']
  readonly dispatchers: number
  readonly events: number
  /** The receiver is down while they happen, and the dispatchers try meanwhile. */
  readonly isOutage: boolean
  readonly say: (text: string) => void
}

type Row = Omit<Plan, 'say'> & {
  /** From the first arrival to the last. */
  readonly seconds: number
  readonly perSecond: number
  /** Of all dispatchers, for one event. */
  readonly cpuUs: number
}

async function measureDispatch({ say, ...plan }: Plan): Promise<Row> {
  const { engine, dispatchers, events, isOutage } = plan
  say(`${events} events on ${engine}, ${dispatchers} dispatchers${isOutage ? ', an outage' : ''}`)
  await using stack = new AsyncDisposableStack()
  const server = engine === 'Redis' ? await startRedis() : await startPostgres()
  stack.defer(() => server.stop())
  const url = 'createDatabase' in server ? await server.createDatabase() : server.url
  const place = { engine, url }
  const opened = stack.use(openPlace(place))
  const receiver = stack.use(await startReceiver())
  const settings: DispatcherSettings = { place, webhook: `${receiver.url}/hook`, secret }
  await register(opened, settings)
  const start = async (): Promise<MeasuredServer[]> => {
    const program = new URL('./dispatcherServer.ts', import.meta.url)
    return Promise.all(
      Array.from({ length: dispatchers }, async () =>
        stack.use(await startServer(program, settings)),
      ),
    )
  }
  if (isOutage) await fetch(`${receiver.url}/down`)
  const early = isOutage ? await start() : []
  await workThrough(mintPurchases(0, events), 50, ({ base, keys }) =>
    opened.store.create(base, { key: keys.create }),
  )
  const working = isOutage ? early : await start()
  if (isOutage) await fetch(`${receiver.url}/up`)
  await untilCount(receiver, 1)
  await Promise.all(working.map((each) => each.usage()))
  const startedAt = performance.now()
  const counted = events - (await countOf(receiver))
  await untilCount(receiver, events)
  const seconds = (performance.now() - startedAt) / 1_000
  const usages = await Promise.all(working.map((each) => each.usage()))
  const cpuUs = usages.reduce((sum, usage) => sum + usage.cpuUs, 0) / counted
  return { ...plan, seconds, perSecond: counted / seconds, cpuUs }
}

/** An endpoint is told what happens once it is known. */
async function register(
  { store, documents }: OpenPlace,
  { webhook: url }: DispatcherSettings,
): Promise<void> {
  await using dispatcher = createDispatcher({
    ...{ store, documents, webhooks: [{ url, secret, networks: 'any' }] },
  })
  await dispatcher.open()
}

function startReceiver(): Promise<MeasuredServer> {
  return startServer(new URL('./receiverServer.ts', import.meta.url), {})
}

async function countOf({ url }: MeasuredServer): Promise<number> {
  return Number(await (await fetch(`${url}/count`)).text())
}

async function untilCount(receiver: MeasuredServer, count: number): Promise<void> {
  while ((await countOf(receiver)) < count) await new Promise((done) => setTimeout(done, 50))
}

function toTable(rows: readonly Row[]): Table {
  return {
    title: 'Notifications to a receiver on this machine, one endpoint',
    columns: ['store', 'dispatchers', 'events', 'after an outage', 's', 'a second', 'CPU µs each'],
    rows: rows.map(({ engine, dispatchers, events, isOutage, seconds, perSecond, cpuUs }) => [
      ...[engine, dispatchers, events, isOutage ? 'yes' : 'no', round(seconds, 1)],
      ...[Math.round(perSecond), Math.round(cpuUs)],
    ]),
  }
}

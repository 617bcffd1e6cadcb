import { remember } from '@key0/app-kit'
import type { EvmChain } from '@key0/chain-evm'
import { type ChallengeStore, formatUnits, type Observe } from '@key0/core'
import type { PassStatus, RefundResult } from '@key0/refunds'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Wallets } from './openWallets.ts'
import { COUNTED, readDebts } from './readDebts.ts'
import type { Trigger } from './startSchedule.ts'

const ETH_DECIMALS = 18
/** Two gauges tell of one look. */
const DEBTS_TTL_MS = 1_000

export type Metrics = {
  /** Runs a pass and counts it with what came of it. */
  readonly countPass: (
    trigger: Trigger,
    pass: () => Promise<readonly RefundResult[]>,
  ) => Promise<void>
  readonly observe: Observe
  /** Everything in the text format of Prometheus, and its content type. */
  readonly print: () => Promise<{ readonly text: string; readonly contentType: string }>
}

type World = {
  readonly store: ChallengeStore
  readonly chain: EvmChain
  readonly wallets: Wallets
  readonly minAgeMs: number
  readonly status: () => PassStatus
}

/** What an operator watches. The store and the chain are asked when somebody looks. */
export function createMetrics(world: World): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const passes = new Counter({
    name: 'key0_refund_passes_total',
    help: 'Passes of this process, by what began them and how they ended.',
    labelNames: ['trigger', 'outcome'],
    registers,
  })
  const results = new Counter({
    name: 'key0_refund_results_total',
    help: 'Results of refunds. One that stays pending counts once in every pass.',
    labelNames: ['outcome'],
    registers,
  })
  for (const outcome of ['refunded', 'failed', 'pending']) results.inc({ outcome }, 0)
  const alerts = new Counter({
    name: 'key0_alerts_total',
    help: 'Log lines that say that money or a promise is in danger.',
    registers,
  })
  addReadings(world, registers)
  return {
    async countPass(trigger, pass) {
      try {
        for (const result of await pass()) results.inc({ outcome: outcomeOf(result) })
        passes.inc({ trigger, outcome: 'done' })
      } catch (error) {
        passes.inc({ trigger, outcome: 'failed' })
        throw error
      }
    },
    observe: (event) => {
      if (event.name === 'alert') alerts.inc()
    },
    print: async () => ({
      text: await registry.metrics(),
      contentType: registry.contentType,
    }),
  }
}

function outcomeOf(result: RefundResult): 'refunded' | 'failed' | 'pending' {
  if (result.success) return 'refunded'
  return result.pending ? 'pending' : 'failed'
}

/** Gauges that ask. What could not be asked is left out, and counted. */
function addReadings(world: World, registers: Registry[]): void {
  const { store, chain, minAgeMs, status } = world
  const { decimals, symbol } = chain.token
  const failures = new Counter({
    name: 'key0_refund_reading_failures_total',
    help: 'Readings for these metrics that failed.',
    labelNames: ['of'],
    registers,
  })
  const read: Read = async (gauge, of, ask) => {
    gauge.reset()
    await ask().catch(() => failures.inc({ of }))
  }
  const askDebts = remember(() => readDebts(store, chain, minAgeMs), DEBTS_TTL_MS)
  const age: Gauge = new Gauge({
    name: 'key0_refund_last_pass_age_seconds',
    help: 'Since the last pass of this process ended well; NaN before the first.',
    registers,
    collect: (): void => {
      const { lastPassAgeMs } = status()
      age.set(lastPassAgeMs === undefined ? Number.NaN : lastPassAgeMs / 1_000)
    },
  })
  const due: Gauge = new Gauge({
    name: 'key0_refunds_due',
    help: `Refunds that are due (PAID), under way or given up, up to ${COUNTED} each.`,
    labelNames: ['state'],
    registers,
    collect: (): Promise<void> =>
      read(due, 'store', async () => {
        const debts = await askDebts()
        for (const [state, count] of Object.entries(debts.due)) due.set({ state }, count)
      }),
  })
  const owed: Gauge = new Gauge({
    name: 'key0_refunds_owed',
    help: 'What the counted refunds are worth, by the wallet that owes them, in whole tokens.',
    labelNames: ['wallet', 'token'],
    registers,
    collect: (): Promise<void> =>
      read(owed, 'store', async () => {
        const sums = (await askDebts()).owed
        for (const [wallet, sum] of withNames(sums, world.wallets.receiving))
          owed.set({ wallet, token: symbol }, toNumber(sum, decimals))
      }),
  })
  const waiting: Gauge = new Gauge({
    name: 'key0_money_held',
    help: `Payments that no automatic path may move: a person is asked for, up to ${COUNTED}.`,
    registers,
    collect: (): Promise<void> =>
      read(waiting, 'store', async () => waiting.set((await askDebts()).held)),
  })
  const oldest: Gauge = new Gauge({
    name: 'key0_refund_oldest_seconds',
    help: 'Since the oldest payment was made that has to go back; 0 when there is none.',
    registers,
    collect: (): Promise<void> =>
      read(oldest, 'store', async () => oldest.set((await askDebts()).oldestMs / 1_000)),
  })
  addWalletReadings(world, registers, read)
}

/** Sets a gauge, or leaves it empty when what it tells could not be asked. */
type Read = (gauge: Gauge, of: string, ask: () => Promise<void>) => Promise<void>

function addWalletReadings({ chain, wallets }: World, registers: Registry[], read: Read): void {
  const { decimals, symbol } = chain.token
  const balance: Gauge = new Gauge({
    name: 'key0_wallet_token_balance',
    help: 'What the receiving wallets hold, in whole tokens.',
    labelNames: ['wallet', 'token'],
    registers,
    collect: (): Promise<void> =>
      read(balance, 'chain', async () => {
        for (const wallet of wallets.receiving)
          balance.set(
            { wallet, token: symbol },
            toNumber(await wallets.readToken(wallet), decimals),
          )
      }),
  })
  const gas: Gauge = new Gauge({
    name: 'key0_wallet_gas_balance',
    help: 'What the wallets that pay for transactions hold, in whole coins of the chain.',
    labelNames: ['wallet'],
    registers,
    collect: (): Promise<void> =>
      read(gas, 'chain', async () => {
        for (const wallet of wallets.paying)
          gas.set({ wallet }, toNumber(await wallets.readGas(wallet), ETH_DECIMALS))
      }),
  })
}

/** To look at only: a metric is a floating point number, whatever it measures. */
function toNumber(units: bigint, decimals: number): number {
  return Number(formatUnits(units, decimals))
}

/** Every receiving wallet as it is written elsewhere, and wallets whose key is not here as found. */
function withNames(
  sums: ReadonlyMap<string, bigint>,
  receiving: readonly string[],
): readonly (readonly [wallet: string, sum: bigint])[] {
  const own = receiving.map((it) => [it, sums.get(it.toLowerCase()) ?? 0n] as const)
  const known = new Set(receiving.map((it) => it.toLowerCase()))
  return [...own, ...[...sums].filter(([wallet]) => !known.has(wallet))]
}

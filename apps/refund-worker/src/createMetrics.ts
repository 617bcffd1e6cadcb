import { addDebts, createMeters, type Meters, toNumber } from '@key0/app-kit/metrics'
import type { EvmChain } from '@key0/chain-evm'
import type { ChallengeStore } from '@key0/core'
import type { PassStatus, RefundResult } from '@key0/refunds'
import { Counter, Gauge } from 'prom-client'
import type { Wallets } from './openWallets.ts'
import type { Trigger } from './startSchedule.ts'

const ETH_DECIMALS = 18

export type Metrics = Pick<Meters, 'observe' | 'print'> & {
  /** Runs a pass and counts it with what came of it. */
  readonly countPass: (
    trigger: Trigger,
    pass: () => Promise<readonly RefundResult[]>,
  ) => Promise<void>
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
  const meters = createMeters()
  const { registers, observe, print } = meters
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
  addPasses(world, meters)
  const { store, chain, wallets, minAgeMs } = world
  addDebts(meters, { store, chain, wallets: wallets.receiving, minAgeMs })
  addWallets(world, meters)
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
    ...{ observe, print },
  }
}

function outcomeOf(result: RefundResult): 'refunded' | 'failed' | 'pending' {
  if (result.success) return 'refunded'
  return result.pending ? 'pending' : 'failed'
}

function addPasses({ status }: World, { registers }: Meters): void {
  const age: Gauge = new Gauge({
    name: 'key0_refund_last_pass_age_seconds',
    help: 'Since the last pass of this process ended well; NaN before the first.',
    registers,
    collect: (): void => {
      const { lastPassAgeMs } = status()
      age.set(lastPassAgeMs === undefined ? Number.NaN : lastPassAgeMs / 1_000)
    },
  })
}

function addWallets({ chain, wallets }: World, { registers, read }: Meters): void {
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

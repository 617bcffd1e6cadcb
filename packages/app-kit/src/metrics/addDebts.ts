import type { EvmChain } from '@key0/chain-evm'
import { type ChallengeStore, formatUnits } from '@key0/core'
import { Gauge } from 'prom-client'
import { remember } from '../remember.ts'
import type { Meters } from './createMeters.ts'
import { COUNTED, readDebts } from './readDebts.ts'

/** Several gauges tell of one look. */
const DEBTS_TTL_MS = 1_000

/** Gauges of money that has to go back, read from the store when somebody looks. */
export function addDebts(
  { registers, read }: Meters,
  of: {
    readonly store: ChallengeStore
    readonly chain: Pick<EvmChain, 'chainId' | 'token'>
    /** Told of also when they owe nothing. */
    readonly wallets: readonly string[]
    readonly minAgeMs: number
  },
): void {
  const { store, chain, wallets, minAgeMs } = of
  const { decimals, symbol } = chain.token
  const askDebts = remember(() => readDebts(store, chain, minAgeMs), DEBTS_TTL_MS)
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
        for (const [wallet, sum] of withNames(sums, wallets))
          owed.set({ wallet, token: symbol }, toNumber(sum, decimals))
      }),
  })
  const held: Gauge = new Gauge({
    name: 'key0_money_held',
    help: `Payments that no automatic path may move: a person is asked for, up to ${COUNTED}.`,
    registers,
    collect: (): Promise<void> =>
      read(held, 'store', async () => held.set((await askDebts()).held)),
  })
  const oldest: Gauge = new Gauge({
    name: 'key0_refund_oldest_seconds',
    help: 'Since the oldest payment was made that has to go back; 0 when there is none.',
    registers,
    collect: (): Promise<void> =>
      read(oldest, 'store', async () => oldest.set((await askDebts()).oldestMs / 1_000)),
  })
}

/** To look at only: a metric is a floating point number, whatever it measures. */
export function toNumber(units: bigint, decimals: number): number {
  return Number(formatUnits(units, decimals))
}

/** Every receiving wallet as it is written elsewhere, and wallets that are not named as found. */
function withNames(
  sums: ReadonlyMap<string, bigint>,
  receiving: readonly string[],
): readonly (readonly [wallet: string, sum: bigint])[] {
  const own = receiving.map((it) => [it, sums.get(it.toLowerCase()) ?? 0n] as const)
  const known = new Set(receiving.map((it) => it.toLowerCase()))
  return [...own, ...[...sums].filter(([wallet]) => !known.has(wallet))]
}

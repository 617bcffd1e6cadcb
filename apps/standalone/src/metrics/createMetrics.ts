import { remember } from '@key0/app-kit'
import { addDebts, createMeters, type Meters } from '@key0/app-kit/metrics'
import type { EvmChain } from '@key0/chain-evm'
import type { ChallengeStore, DocumentStore, EngineEvent, Observe } from '@key0/core'
import { createDeliveries } from '@key0/delivery'
import { Counter, Gauge } from 'prom-client'
import type { GatewayConfig } from '../GatewayConfig.ts'

/** Several gauges tell of one look, which reads as far as the stream has run ahead. */
const DELIVERIES_TTL_MS = 5_000

/** Total: an event that core gets is counted here, or this fails to compile. */
const counted: Readonly<Record<Exclude<EngineEvent['name'], 'alert'>, true>> = {
  'challenge.created': true,
  'challenge.paid': true,
  'challenge.delivered': true,
  'challenge.closed': true,
  'delivery.failed': true,
  'settlement.pending': true,
  'refund.progressed': true,
  'refund.failed': true,
}

export type Metrics = Pick<Meters, 'print'> & {
  /** Counts what the engine tells, and hands it on. */
  readonly count: (observe: Observe) => Observe
  /** The store and the chain, once they are open, to be asked when somebody looks. */
  readonly watch: (of: {
    readonly store: ChallengeStore
    readonly documents: DocumentStore
    readonly chain: EvmChain
  }) => void
}

/**
 * What an operator watches of the gateway. No label holds anything that a buyer chose: there are as
 * many series as events, wallets and endpoints.
 */
export function createMetrics(config: GatewayConfig): Metrics {
  const meters = createMeters()
  const events = new Counter({
    name: 'key0_events_total',
    help: 'What became of challenges and payments in this process.',
    labelNames: ['event'],
    registers: meters.registers,
  })
  for (const event of Object.keys(counted)) events.inc({ event }, 0)
  return {
    print: meters.print,
    count: (observe) => (event) => {
      meters.observe(event)
      if (event.name !== 'alert') events.inc({ event: event.name })
      observe(event)
    },
    watch({ store, documents, chain }) {
      const wallets = [config.walletAddress, ...config.retiredWallets]
      addDebts(meters, { store, chain, wallets, minAgeMs: config.refunds.minAgeMs })
      addDeliveries(meters, { store, documents })
    },
  }
}

function addDeliveries(
  { registers, read }: Meters,
  stores: { readonly store: ChallengeStore; readonly documents: DocumentStore },
): void {
  const deliveries = createDeliveries(stores)
  const ask = remember(() => deliveries.list(), DELIVERIES_TTL_MS)
  const events: Gauge = new Gauge({
    name: 'key0_deliveries',
    help: 'Events that an endpoint was not told: waiting, not reached yet (behind), or dead.',
    labelNames: ['endpoint', 'state'],
    registers,
    collect: (): Promise<void> =>
      read(events, 'deliveries', async () => {
        for (const { endpoint, waiting, behind, dead } of await ask())
          for (const [state, count] of Object.entries({ waiting, behind, dead }))
            events.set({ endpoint, state }, count)
      }),
  })
  const failures: Gauge = new Gauge({
    name: 'key0_delivery_failures',
    help: 'Attempts at an endpoint that failed in a row; 0 while it takes what it is sent.',
    labelNames: ['endpoint'],
    registers,
    collect: (): Promise<void> =>
      read(failures, 'deliveries', async () => {
        for (const { endpoint, failures: count } of await ask()) failures.set({ endpoint }, count)
      }),
  })
}
